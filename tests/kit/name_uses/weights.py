"""Recipes of initializers, regularizers, constraints and activations."""

from typing import Any

import numpy as np

from name_uses.inputs import ROWS
from name_uses.results import plain
from name_uses.steps import Recipes, make_instance


def _initializer(library: Any, kind: Any) -> Any:
    name = kind.__name__.lower().replace("_", "")
    array = np.asarray(plain(make_instance(kind)((200, 200))))
    if any(part in name for part in ("constant", "zeros", "ones", "identity")):
        return array
    return [list(array.shape), round(float(array.std()), 2), abs(float(array.mean())) < 0.02]


def _regularizer(library: Any, kind: Any) -> Any:
    made = make_instance(kind)
    return float(made(library.ops.convert_to_tensor(ROWS)))


def _constraint(library: Any, kind: Any) -> Any:
    return make_instance(kind)(library.ops.convert_to_tensor(ROWS))


def _activation(library: Any, function: Any) -> Any:
    return function(library.ops.convert_to_tensor(ROWS))


def _base_initializer(library: Any, base: Any) -> Any:
    class Threes(base):
        def __call__(self, shape: Any, dtype: Any = None, **options: Any) -> Any:
            return library.ops.full(shape, 3.0)

    return [issubclass(library.initializers.Zeros, base), Threes()((2, 2))]


def _base_regularizer(library: Any, base: Any) -> Any:
    return [issubclass(library.regularizers.L2, base), isinstance(library.regularizers.L1(), base)]


def _orthogonal_regularizer(library: Any, kind: Any) -> Any:
    return float(kind(0.1, mode="columns")(library.ops.convert_to_tensor(ROWS)))


def _base_constraint(library: Any, base: Any) -> Any:
    return issubclass(library.constraints.NonNeg, base)


RECIPES: Recipes = {
    "activations": _activation,
    "constraints": _constraint,
    "initializers": _initializer,
    "regularizers": _regularizer,
}


SPECIAL: Recipes = {
    "constraints.Constraint": _base_constraint,
    "initializers.Initializer": _base_initializer,
    "regularizers.OrthogonalRegularizer": _orthogonal_regularizer,
    "regularizers.Regularizer": _base_regularizer,
}
