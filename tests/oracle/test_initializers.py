"""Every initializer, compared with the installed Keras: distribution, config and names."""

import os
from typing import Any

import numpy as np
import pytest

import scallion
from contract import Case, assert_same_config, assert_same_error, found, plain
from scallion import initializers
from weight_cases import FIXED, INITIALIZERS, RANDOM, REFUSED_INITIALIZERS

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

# Keras does not resolve "constant", because its config needs a value.
NO_NAMES = ("Constant", "Initializer", "constant", "deserialize", "get", "serialize")
NAMES = [
    name
    for name in sorted(vars(keras.initializers))
    if name[0] != "_" and name not in NO_NAMES and not name.upper().startswith("STFT")
]


@pytest.mark.parametrize("shape", [(64, 48), (3, 3, 16, 32), (7, 40)], ids=str)
@pytest.mark.parametrize("one", RANDOM, ids=lambda one: one.title)
def test_random_values_have_keras_distribution(one: Case, shape: tuple[int, ...]) -> None:
    # An initializer with a seed would draw the same values twenty times.
    options = {**one.options, **({"seed": None} if "seed" in one.options else {})}
    arguments = one.arguments[:2] if one.name == "RandomNormal" else one.arguments

    def drawn(room: Any) -> np.ndarray:
        parts = [
            np.asarray(getattr(room, one.name)(*arguments, **{**options, "seed": seed})(shape))
            for seed in range(20)
        ]
        return np.sort(np.concatenate(parts), axis=None)

    ours, theirs = drawn(initializers), drawn(keras.initializers)
    # Two-sample Kolmogorov-Smirnov distance; 1.95 is the limit for p = 0.001. Orthogonal values are
    # slightly less independent than the limit assumes.
    both = np.concatenate([ours, theirs])
    steps = [np.searchsorted(sample, both, side="right") / sample.size for sample in (ours, theirs)]
    assert abs(steps[0] - steps[1]).max() < 1.95 * np.sqrt(2 / ours.size)


@pytest.mark.parametrize("one", FIXED, ids=lambda one: one.title)
def test_constant_values_match_keras(one: Case) -> None:
    for shape in ((3, 4), (4, 4)) if one.name == "Identity" else ((4,), (3, 4), (2, 3, 1, 4)):
        theirs = np.asarray(one.make(keras.initializers)(shape, dtype="float32"))
        np.testing.assert_array_equal(one.make(initializers)(shape), theirs)


@pytest.mark.parametrize("one", INITIALIZERS, ids=lambda one: one.title)
def test_configs_round_trip_through_keras(one: Case) -> None:
    if one == Case("Identity", (2.0,)):
        pytest.skip("Keras omits the gain; Scallion has it, and Keras accepts it")
    assert_same_config(one, initializers, keras.initializers)


def test_keras_accepts_the_gain_that_it_omits() -> None:
    config = initializers.serialize(initializers.Identity(2.0))
    again = keras.initializers.deserialize(config)
    np.testing.assert_array_equal(np.asarray(again((2, 2))), 2 * np.eye(2))


@pytest.mark.parametrize("one", REFUSED_INITIALIZERS, ids=lambda one: one.title)
def test_arguments_that_keras_refuses_raise(one: Case) -> None:
    assert_same_error(lambda: one.make(initializers), lambda: one.make(keras.initializers))


@pytest.mark.parametrize(
    ("name", "shape"),
    [("Identity", (3,)), ("Identity", (3, 3, 3)), ("Orthogonal", (3,)), ("Orthogonal", ())],
)
def test_shapes_that_keras_refuses_raise(name: str, shape: tuple[int, ...]) -> None:
    ours, theirs = getattr(initializers, name)(), getattr(keras.initializers, name)()
    assert_same_error(lambda: ours(shape), lambda: theirs(shape))


@pytest.mark.parametrize("name", [*NAMES, "zero", "one", "normal", "uniform"])
def test_names_and_classes_resolve_as_in_keras(name: str) -> None:
    for given in (name, {"class_name": name, "config": {}}):
        assert found(initializers, given) == found(keras.initializers, given)
    if hasattr(keras.initializers, name):
        mine = initializers.get(getattr(initializers, name))
        their = keras.initializers.get(getattr(keras.initializers, name))
        assert plain(mine.get_config()) == plain(their.get_config())


@pytest.mark.parametrize("identifier", ["he_norml", "ZEROS", 3], ids=str)
def test_unknown_identifiers_raise(identifier: Any) -> None:
    theirs = keras.initializers
    assert_same_error(lambda: initializers.get(identifier), lambda: theirs.get(identifier))


@pytest.mark.parametrize("package", [scallion, keras], ids=["scallion", "keras"])
def test_a_custom_initializer_initializes_a_layer(package: Any) -> None:
    class Ramp(package.initializers.Initializer):  # type: ignore[misc,name-defined]
        def __init__(self, step: float) -> None:
            self.step = step

        def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
            return np.arange(np.prod(shape), dtype="float32").reshape(shape) * self.step

        def get_config(self) -> dict[str, Any]:
            return {"step": self.step}

    layer = package.layers.Dense(2, kernel_initializer=Ramp(0.5))
    layer.build((None, 2))
    np.testing.assert_array_equal(layer.get_weights()[0], [[0, 0.5], [1, 1.5]])


def test_every_initializer_has_its_cases() -> None:
    kinds = {getattr(initializers, name) for name in initializers.__all__ if name[0].isupper()}
    assert {kind.__name__ for kind in kinds} - {one.name for one in INITIALIZERS} == {"Initializer"}
