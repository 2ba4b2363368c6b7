"""Recipes of models and their files."""

from typing import Any

from name_uses.inputs import ROWS
from name_uses.steps import Recipes, fill_weights, make_model


def _functional_model(library: Any, kind: Any) -> Any:
    x = library.Input((5,), name="x")
    layer = library.layers.Dense(3, name="d")
    model = kind(x, layer(x), name="m")
    fill_weights(model)
    return [model.predict(ROWS, verbose=0), model.name, [one.name for one in model.layers]]


def _sequential(library: Any, kind: Any) -> Any:
    model = kind()
    model.add(library.Input((5,)))
    model.add(library.layers.Dense(3))
    fill_weights(model)
    return [model.predict(ROWS, verbose=0), list(model.output_shape), model.count_params()]


def _clone(library: Any, function: Any) -> Any:
    model = make_model(library)
    copy = function(model)
    copy.set_weights(model.get_weights())
    return copy.predict(ROWS, verbose=0)


def _files(library: Any, _function: Any) -> Any:
    found = []
    for name in ("m.keras", "m.h5"):
        library.models.save_model(make_model(library), name)
        found.append(library.models.load_model(name).predict(ROWS, verbose=0))
    return found


def _from_json(library: Any, function: Any) -> Any:
    model = function(make_model(library).to_json())
    return [model.name, model.count_params()]


SPECIAL: Recipes = {
    "models.Model": _functional_model,
    "models.Sequential": _sequential,
    "models.clone_model": _clone,
    "models.load_model": _files,
    "models.model_from_json": _from_json,
    "models.save_model": _files,
}
