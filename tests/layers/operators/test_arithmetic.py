"""Arithmetic on symbolic tensors equals NumPy's on the arrays, on both engines."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers
from scallion.engine import native
from scallion.errors import ArgumentError, UnsupportedError

IMAGES = np.random.default_rng(0).normal(size=(4, 6, 5, 3)).astype(np.float32)
CHANNELS = np.array([0.5, -2.0, 3.0], np.float32)

FORMULAS: dict[str, Callable[[Any], Any]] = {
    "x + x": lambda x: x + x,
    "x + 2": lambda x: x + 2,
    "2 + x": lambda x: 2 + x,
    "x - 0.5": lambda x: x - 0.5,
    "1 - x": lambda x: 1 - x,
    "x - x[..., :1]": lambda x: x - x[..., :1],
    "x * 3": lambda x: x * 3,
    "np.float32(3) * x": lambda x: np.float32(3) * x,
    "x * x": lambda x: x * x,
    "x / 255.0": lambda x: x / 255.0,
    "-x": lambda x: -x,
    "abs(x)": lambda x: abs(x),
    "x ** 2": lambda x: x**2,
    "x ** 3": lambda x: x**3,
    "abs(x) ** 0.5": lambda x: (abs(x) + 0.5) ** 0.5,
    "x ** -1": lambda x: (abs(x) + 0.5) ** -1,
    "abs(x) ** 1.5": lambda x: (abs(x) + 0.5) ** 1.5,
    "2 ** x": lambda x: 2.0**x,
    "x / abs(x)": lambda x: x / (abs(x) + 0.5),
    "1 / x": lambda x: 1 / (abs(x) + 0.5),
    "channels / x": lambda x: CHANNELS / (x * x + 0.5),
    "x + columns": lambda x: x + np.arange(15, dtype=np.float32).reshape(5, 3),
    "image * x": lambda x: np.linspace(-1, 1, 90, dtype=np.float32).reshape(6, 5, 3) * x,
    "x - batch of one": lambda x: x - np.ones((1, 6, 1, 3), np.float32),
    "x / rows": lambda x: x / np.arange(1, 7, dtype=np.float32).reshape(6, 1, 1),
    "x - channels": lambda x: x - CHANNELS,
    "channels - x": lambda x: CHANNELS - x,
    "x / channels": lambda x: x / CHANNELS,
    "channels * x": lambda x: CHANNELS * x,
    "(x - channels) / channels": lambda x: (x - CHANNELS) / CHANNELS,
    "x @ matrix": lambda x: x @ np.arange(6, dtype=np.float32).reshape(3, 2),
    "x[:, 1:-1, ::2]": lambda x: x[:, 1:-1, ::2],
    "x[..., 0:2]": lambda x: x[..., 0:2],
    "x[:, :, :, 1]": lambda x: x[:, :, :, 1],
    "x[:, -1]": lambda x: x[:, -1],
    "x[..., -1:]": lambda x: x[..., -1:],
}
ENGINES = [
    pytest.param(
        "native",
        marks=pytest.mark.skipif(not native.is_available(), reason="no compiled engine"),
    ),
    "reference",
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("formula", FORMULAS)
def test_tensors_compute_what_arrays_do(formula: str, engine: str) -> None:
    x = scallion.Input((6, 5, 3))
    model = scallion.Model(x, FORMULAS[formula](x))
    model.compile("sgd", "mse", engine=engine)
    wanted = FORMULAS[formula](IMAGES)
    found = model.predict(IMAGES, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
    assert model.output_shape[1:] == wanted.shape[1:]


@pytest.mark.parametrize("formula", FORMULAS)
def test_gradients_pass_through_arithmetic_alike(formula: str) -> None:
    losses = []
    for engine in ["reference", "native"] if native.is_available() else ["reference"] * 2:
        scallion.utils.set_random_seed(1)
        x = scallion.Input((6, 5, 3))
        y = FORMULAS[formula](layers.Conv2D(3, 1)(x))
        model = scallion.Model(x, layers.Dense(2)(layers.Flatten()(y)))
        model.compile(scallion.optimizers.SGD(1e-3), "mse", engine=engine)
        losses.append(
            model.fit(IMAGES, np.ones((4, 2)), epochs=4, verbose=0, shuffle=False).history["loss"]
        )
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    assert losses[0][-1] != losses[0][0]


def test_saved_arithmetic_is_loaded_again(tmp_path: Any) -> None:
    x = scallion.Input((6, 5, 3))
    model = scallion.Model(x, (x - CHANNELS)[:, 1:-1, ::2] * 2)
    model.save(tmp_path / "model.keras")
    loaded = scallion.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )


@pytest.mark.parametrize(
    ("formula", "error"),
    [
        (lambda x: x**0.3, UnsupportedError),
        (lambda x: (-2) ** x, UnsupportedError),
        (lambda x: x**x, UnsupportedError),
        (lambda x: x @ np.ones((2, 2)), ArgumentError),
        (lambda x: x + np.full((5, 3), np.nan), ArgumentError),
        (lambda x: x * np.array([["a", "b"]]), ArgumentError),
        (lambda x: x @ x, UnsupportedError),
        (lambda x: x / 0, ArgumentError),
        (lambda x: x + "1", ArgumentError),
        (lambda x: x + layers.Dense(3), ArgumentError),
        (lambda x: x[0], UnsupportedError),
        (lambda x: x[1:], UnsupportedError),
        (lambda x: x[:, None], UnsupportedError),
        (lambda x: x[:, 7], ArgumentError),
        (lambda x: x[:, ::-1], ArgumentError),
        (lambda x: x[:, 3:3], ArgumentError),
        (lambda x: x > 0, UnsupportedError),
        (bool, ArgumentError),
        (len, ArgumentError),
        (list, ArgumentError),
        (float, ArgumentError),
    ],
)
def test_what_tensors_cannot_do_is_refused(
    formula: Callable[[Any], Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match="hint:"):
        formula(scallion.Input((6, 5, 3)))


@pytest.mark.parametrize("formula", FORMULAS)
def test_constants_are_no_weights(formula: str, tmp_path: Any) -> None:
    x = scallion.Input((6, 5, 3))
    model = scallion.Model(x, FORMULAS[formula](x))
    assert (model.count_params(), model.get_weights()) == (0, [])
    model.save(tmp_path / "model.keras")
    loaded = scallion.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )


def test_a_summary_shows_operations_without_their_constants() -> None:
    x = scallion.Input((6, 5, 3), name="start")
    model = scallion.Model(x, scallion.ops.maximum(x, 0.5))
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert "Maximum" in "".join(lines)
    assert "constant" not in "".join(lines).lower()


def test_constants_within_a_lambda_are_no_weights() -> None:
    model = scallion.Sequential(
        [
            scallion.Input((6, 5, 3)),
            layers.Lambda(lambda x: scallion.ops.maximum(x, 0.5) * np.ones((5, 3))),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    assert (model.count_params(), len(model.weights)) == (182, 2)
