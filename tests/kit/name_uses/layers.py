"""Recipes of layers."""

import inspect
from typing import Any

from name_uses.inputs import IMAGES
from name_uses.steps import Recipes, fill_weights, make_instance


def _layer(library: Any, kind: Any, **options: Any) -> Any:
    if not inspect.isclass(kind):  # add(inputs), dot(inputs, axes)
        x, y = library.Input((6, 5, 3)), library.Input((6, 5, 3))
        merged = kind([x, y])
        return library.Model([x, y], merged).predict([IMAGES, IMAGES * 2], verbose=0)
    layer = kind(**options) if options else make_instance(kind)
    x, y = library.Input((6, 5, 3)), library.Input((6, 5, 3))
    merges = kind.__name__ in (
        "Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract",
    )  # fmt: skip
    inputs = [x, y] if merges else x
    model = library.Model(inputs, layer(inputs))
    fill_weights(layer)
    images = [IMAGES, IMAGES * 2] if merges else IMAGES
    return [
        model.predict(images, verbose=0),
        list(model.output_shape),
        [list(weight.shape) for weight in layer.weights],
    ]


def _custom_layer(library: Any, base: Any) -> Any:
    class Scaled(base):
        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

        def call(self, inputs: Any) -> Any:
            return inputs * self.scale + 1.0

    return _layer(library, Scaled)


def _input(library: Any, function: Any) -> Any:
    tensor = function(shape=(6, 5, 3), name="image")
    return [list(tensor.shape), tensor.name]


def _input_layer(library: Any, kind: Any) -> Any:
    layers = library.layers
    model = library.Sequential([kind(shape=(5,)), layers.Dense(2)])
    return [model.count_params(), list(model.output_shape)]


def _normalization(library: Any, kind: Any) -> Any:
    layer = kind()
    layer.adapt(IMAGES)
    return layer(IMAGES)


RECIPES: Recipes = {
    "layers": _layer,
}


SPECIAL: Recipes = {
    "layers.GroupNormalization": lambda library, kind: _layer(library, kind, groups=3),
    "layers.Input": _input,
    "layers.InputLayer": _input_layer,
    "layers.Layer": _custom_layer,
    "layers.Normalization": _normalization,
}
