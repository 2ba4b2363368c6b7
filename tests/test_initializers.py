"""Initializers: distributions, limits, moments, names and configs as in Keras."""

from math import sqrt
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import initializers
from scallion.errors import ArgumentError, ShapeError, UnknownNameError, UnsupportedError
from scallion.initializers import fans

# 3*3*64 inputs, 3*3*128 outputs; 73,728 numbers.
KERNEL = (3, 3, 64, 128)
FAN_IN, FAN_OUT = 576, 1152

# Deviation, and the largest number that may come, by the papers' formulas. A normal distribution
# that is cut at two deviations has 0.8796 of the uncut one's deviation.
CUT = 0.87962566103423978
UNIFORM = {
    "glorot_uniform": sqrt(6 / (FAN_IN + FAN_OUT)),
    "he_uniform": sqrt(6 / FAN_IN),
    "lecun_uniform": sqrt(3 / FAN_IN),
    "random_uniform": 0.05,
}
NORMAL = {
    "glorot_normal": sqrt(2 / (FAN_IN + FAN_OUT)),
    "he_normal": sqrt(2 / FAN_IN),
    "lecun_normal": sqrt(1 / FAN_IN),
    "truncated_normal": 0.05 * CUT,
}


@pytest.mark.parametrize(("name", "limit"), UNIFORM.items())
def test_uniform_values_fill_their_limits(name: str, limit: float) -> None:
    drawn = initializers.get(name)(KERNEL, seed=1)
    assert drawn.dtype == np.float32
    assert drawn.shape == KERNEL
    assert abs(drawn).max() <= np.float32(limit)
    assert abs(drawn).max() > 0.999 * limit
    counts, _ = np.histogram(drawn, bins=8, range=(-limit, limit))
    # 9,216 in each bin; five deviations of a binomial count.
    assert abs(counts - drawn.size / 8).max() < 5 * sqrt(drawn.size / 8)


@pytest.mark.parametrize(("name", "deviation"), NORMAL.items())
def test_truncated_normal_has_its_deviation_and_limits(name: str, deviation: float) -> None:
    drawn = initializers.get(name)(KERNEL, seed=1).astype(np.float64)
    assert drawn.std() == pytest.approx(deviation, rel=0.01)
    assert abs(drawn.mean()) < 5 * deviation / sqrt(drawn.size)
    end = 2 * deviation / CUT
    assert 0.99 * end < abs(drawn).max() < end * (1 + 1e-6)
    # Within one uncut deviation lie 0.6827 of 0.9545 of a normal distribution.
    inside = (abs(drawn) < deviation / CUT).mean()
    assert inside == pytest.approx(0.682689 / 0.954500, abs=0.01)


def test_random_normal_is_not_truncated() -> None:
    drawn = initializers.RandomNormal(mean=1.0, stddev=2.0)((300, 300), seed=1)
    assert drawn.mean() == pytest.approx(1, abs=0.04)
    assert drawn.std() == pytest.approx(2, rel=0.01)
    assert abs(drawn - 1).max() > 6


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
def test_variance_scaling_has_the_stated_variance(mode: str, distribution: str) -> None:
    n = {"fan_in": 576, "fan_out": 1152, "fan_avg": 864}[mode]
    drawn = initializers.VarianceScaling(3.0, mode, distribution)(KERNEL, seed=1)
    assert drawn.astype(np.float64).var() == pytest.approx(3.0 / n, rel=0.02)


def test_variance_scaling_uses_the_given_axes() -> None:
    told = initializers.VarianceScaling(1.0, "fan_in", input_axes=(0, 3), output_axes=(1,))
    assert told(KERNEL, seed=1).astype(np.float64).var() == pytest.approx(1 / (3 * 128), rel=0.02)
    named = initializers.HeNormal(input_axes=[2], output_axes=[3])
    assert named(KERNEL, seed=1).astype(np.float64).var() == pytest.approx(2 / 64, rel=0.02)


def test_constant_initializers() -> None:
    assert (initializers.Zeros()((2, 3)) == np.zeros((2, 3))).all()
    assert (initializers.Ones()((2, 3)) == np.ones((2, 3))).all()
    assert (initializers.Constant(0.25)((2, 3)) == np.full((2, 3), 0.25)).all()
    assert (initializers.Constant([1, 2, 3])((2, 3)) == [[1, 2, 3], [1, 2, 3]]).all()
    assert (initializers.Identity(2.0)((2, 3)) == [[2, 0, 0], [0, 2, 0]]).all()


@pytest.mark.parametrize("shape", [(20, 8), (8, 20), (3, 3, 4, 10), (2, 2, 3, 40)])
def test_orthogonal_has_orthogonal_rows_or_columns(shape: tuple[int, ...]) -> None:
    drawn = initializers.Orthogonal(gain=3.0)(shape, seed=1).reshape(-1, shape[-1])
    rows, columns = drawn.shape
    product = drawn.T @ drawn if rows >= columns else drawn @ drawn.T
    assert product == pytest.approx(9 * np.eye(min(rows, columns)), abs=1e-5)


def test_fans_match_keras() -> None:
    # keras.src.initializers.random_initializers.compute_fans, Keras 3.15
    assert fans(()) == (1, 1)
    assert fans((7,)) == (7, 7)
    assert fans((512, 10)) == (512, 10)
    assert fans((3, 3, 16, 32)) == (144, 288)
    assert fans((5, 16, 32)) == (80, 160)
    assert fans((3, 3, 16, 32), (0, 2), (3,)) == (48, 32)


def test_own_seed_overrides_the_session() -> None:
    own = initializers.GlorotUniform(seed=7)
    assert (own((5, 5), seed=1) == own((5, 5), seed=2)).all()
    assert (own((5, 5)) == initializers.GlorotUniform(seed=7)((5, 5))).all()
    assert not (own((5, 5)) == initializers.GlorotUniform(seed=8)((5, 5))).any()


def test_without_a_seed_the_session_decides() -> None:
    def drawn() -> np.ndarray:
        return np.stack([initializers.HeNormal()((9,)), initializers.HeNormal()((9,))])

    scallion.utils.set_random_seed(3)
    first = drawn()
    scallion.utils.set_random_seed(3)
    assert (first == drawn()).all()
    assert not (first[0] == first[1]).any()
    assert not (drawn() == first).any()


def test_values_are_stable_across_versions() -> None:
    # NumPy promises its Philox stream, and its uniform doubles, for good.
    random = np.random.Generator(np.random.Philox(key=42))
    expected = random.uniform(-1, 1, (2, 2)).astype(np.float32)
    assert (initializers.RandomUniform(-1.0, 1.0, seed=42)((2, 2)) == expected).all()


# Names and configs, printed by Keras 3.15.
RANDOM = {"seed": None, "input_axes": None, "output_axes": None}
CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "zeros": ("Zeros", {}),
    "ones": ("Ones", {}),
    "constant": ("Constant", {"value": 0.0}),
    "identity": ("Identity", {}),
    "glorot_uniform": ("GlorotUniform", RANDOM),
    "glorot_normal": ("GlorotNormal", RANDOM),
    "he_uniform": ("HeUniform", RANDOM),
    "he_normal": ("HeNormal", RANDOM),
    "lecun_uniform": ("LecunUniform", RANDOM),
    "lecun_normal": ("LecunNormal", RANDOM),
    "orthogonal": ("Orthogonal", {"seed": None, "gain": 1.0}),
    "random_normal": ("RandomNormal", {"seed": None, "mean": 0.0, "stddev": 0.05}),
    "random_uniform": ("RandomUniform", {"seed": None, "minval": -0.05, "maxval": 0.05}),
    "truncated_normal": ("TruncatedNormal", {"seed": None, "mean": 0.0, "stddev": 0.05}),
    "variance_scaling": (
        "VarianceScaling",
        {**RANDOM, "scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal"},
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configs_match_keras_and_make_equal_initializers(name: str) -> None:
    kind, config = CONFIGS[name]
    made = initializers.get(name)
    assert initializers.serialize(made) == {
        "module": "keras.initializers",
        "class_name": kind,
        "config": config,
        "registered_name": None,
    }
    assert initializers.deserialize(initializers.serialize(made)) == made
    for identifier in (kind, getattr(initializers, kind), getattr(initializers, name), made):
        assert initializers.get(identifier) == made


def test_short_names_of_keras() -> None:
    short = {"zero": "zeros", "one": "ones", "normal": "random_normal", "uniform": "random_uniform"}
    for name, full in short.items():
        assert initializers.get(name) == initializers.get(full)
    assert initializers.VarianceScaling(distribution="normal").distribution == "truncated_normal"


def test_config_keeps_the_gain_of_identity() -> None:
    assert initializers.deserialize(initializers.serialize(initializers.Identity(2.0))).gain == 2.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.GlorotUniform(seed="a"), "Received: seed='a'\nhint: seed=42"),
        (lambda: initializers.VarianceScaling(-1), "`scale` must be above 0. Received: scale=-1"),
        (lambda: initializers.VarianceScaling(mode="x"), "Received: mode='x'\nhint: mode='fan_in'"),
        (lambda: initializers.VarianceScaling(distribution="x"), "Received: distribution='x'"),
        (lambda: initializers.RandomNormal(stddev=-1), "0 or more. Received: stddev=-1"),
        (lambda: initializers.TruncatedNormal(stddev=-1), "0 or more. Received: stddev=-1"),
        (lambda: initializers.RandomUniform(1, 0), "hint: minval=0, maxval=1"),
        (lambda: initializers.Orthogonal()((3,)), r"Received: shape=\(3,\)\nhint: .zeros"),
        (lambda: initializers.Identity()((3, 3, 3)), r"Received: shape=\(3, 3, 3\)\nhint: .orth"),
    ],
)
def test_invalid_arguments_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown initializer. .*\nhint: .* 'he_normal'\?"):
        initializers.get("he_norml")
    for unknown in (3, None, "ZEROS"):
        with pytest.raises(UnknownNameError, match="Known: constant, "):
            initializers.get(unknown)


def test_weights_are_float32() -> None:
    assert initializers.Zeros()((2,), dtype="float32").dtype == np.float32
    with pytest.raises(UnsupportedError, match=r"Received: dtype='float16'\nhint: leave out dtype"):
        initializers.Zeros()((2,), dtype="float16")


@pytest.mark.parametrize(
    "function",
    [
        lambda shape, dtype=None: np.full(shape, 0.2, dtype),
        lambda shape: np.full(shape, 0.2),
        lambda shape, **_options: np.full(shape, 0.2),
    ],
    ids=["dtype", "shape alone", "options"],
)
def test_a_function_is_an_initializer(function: Any, tmp_path: Any) -> None:
    model = scallion.Sequential(
        [scallion.Input((3,)), scallion.layers.Dense(2, kernel_initializer=function)]
    )
    np.testing.assert_array_equal(model.get_weights()[0], np.full((3, 2), 0.2, np.float32))
    model.save(tmp_path / "model.keras")
    loaded = scallion.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])


def test_a_function_that_returns_another_shape_is_named() -> None:
    def three(shape: Any) -> Any:
        return np.zeros(3)

    layer = scallion.layers.Dense(2, kernel_initializer=three)
    layer.build((None, 3))
    with pytest.raises(ShapeError, match=r"three must return values of \(3, 2\)"):
        layer.get_weights()
