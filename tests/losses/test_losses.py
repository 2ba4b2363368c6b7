"""Losses. Expected values are those of Keras 3.15 on its PyTorch backend."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from scallion import losses
from scallion.errors import (
    ArgumentError,
    DataError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
)
from scallion.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)

LABELS = np.array([1, 2, 2, 0])
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
WEIGHTS = np.array([1.0, 0.5, 2.0, 0.0], np.float32)
PROBABILITIES = np.array([[0.1, 0.7, 0.2], [0.05, 0.05, 0.9], [0.6, 0.3, 0.1], [0.0, 1.0, 0.0]])
LOGITS = np.array([[1.0, 2.0, -1.0], [0.0, 0.0, 0.0], [-3.0, 5.0, 2.0], [30.0, -40.0, 10.0]])
BINARY_OUTPUTS = np.array([[0.9, 0.2], [0.5, 1.0], [0.0, 0.3]])
BINARY_LOGITS = np.array([[2.0, -1.0], [0.0, 40.0], [-50.0, 0.3]])
BINARY_TARGETS = np.array([[1, 0], [1, 1], [1, 0]])
# Two images of 2x2 pixels, with three classes per pixel.
PIXELS = np.arange(24).reshape(2, 2, 2, 3) / 10
PIXEL_LABELS = np.array([[[0, 1], [2, 1]], [[1, 1], [0, 2]]])


@pytest.mark.parametrize(
    ("options", "outputs", "weights", "wanted"),
    [
        ({}, PROBABILITIES, None, 4.720678806304932),
        ({}, PROBABILITIES, WEIGHTS, 1.253631353378296),
        ({}, PROBABILITIES * 3, None, 4.720678806304932),
        ({"ignore_class": 2}, PROBABILITIES, None, 8.237384796142578),
        ({"ignore_class": 2}, PROBABILITIES, WEIGHTS, 0.1783374845981598),
        ({"reduction": "sum"}, PROBABILITIES, None, 18.882715225219727),
        ({"reduction": "mean"}, PROBABILITIES, None, 4.720678806304932),
        ({"reduction": "mean_with_sample_weight"}, PROBABILITIES, WEIGHTS, 1.432721495628357),
        ({"from_logits": True}, LOGITS, None, 1.1241328716278076),
        ({"from_logits": True}, LOGITS, WEIGHTS, 1.749032974243164),
        ({"from_logits": True, "ignore_class": 2}, LOGITS, WEIGHTS, 0.1745060831308365),
        ({"from_logits": True, "reduction": "sum"}, LOGITS, None, 4.4965314865112305),
    ],
)
def test_sparse_cross_entropy_matches_keras(
    options: dict[str, Any], outputs: np.ndarray, weights: np.ndarray | None, wanted: float
) -> None:
    loss = SparseCategoricalCrossentropy(**options)
    assert loss(LABELS, outputs, sample_weight=weights) == pytest.approx(wanted, rel=1e-6)
    assert loss(LABELS[:, None], outputs, weights) == pytest.approx(wanted, rel=1e-6)
    assert loss(LABELS, outputs).dtype == np.float32


@pytest.mark.parametrize(
    ("loss", "outputs", "wanted"),
    [
        (CategoricalCrossentropy(), PROBABILITIES, 4.720678806304932),
        (CategoricalCrossentropy(label_smoothing=0.1), PROBABILITIES, 4.63710355758667),
        (CategoricalCrossentropy(from_logits=True), LOGITS, 1.1241328716278076),
        (CategoricalCrossentropy(True, 0.1), LOGITS, 1.9241328239440918),
    ],
)
def test_categorical_cross_entropy_matches_keras(
    loss: Loss, outputs: np.ndarray, wanted: float
) -> None:
    assert loss(ONE_HOT, outputs) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    ("loss", "targets", "outputs", "weights", "wanted"),
    [
        (BinaryCrossentropy(), BINARY_TARGETS, BINARY_OUTPUTS, None, 2.9160702228546143),
        (
            BinaryCrossentropy(from_logits=True),
            BINARY_TARGETS,
            BINARY_LOGITS,
            None,
            8.664615631103516,
        ),
        (
            BinaryCrossentropy(label_smoothing=0.2),
            BINARY_TARGETS,
            BINARY_OUTPUTS,
            None,
            2.9869887828826904,
        ),
        (
            BinaryCrossentropy(),
            BINARY_TARGETS[:, 0],
            BINARY_OUTPUTS[:, :1],
            None,
            5.6388678550720215,
        ),
        (MeanSquaredError(), BINARY_TARGETS, BINARY_OUTPUTS, None, 0.2316666841506958),
        (
            MeanSquaredError(),
            BINARY_TARGETS[:, 0],
            BINARY_OUTPUTS[:, :1],
            None,
            0.41999998688697815,
        ),
        (
            MeanSquaredError(),
            BINARY_TARGETS,
            BINARY_OUTPUTS,
            np.array([1, 2, 3]),
            0.6366666555404663,
        ),
        (MeanAbsoluteError(), BINARY_TARGETS, BINARY_OUTPUTS, None, 0.3499999940395355),
    ],
)
def test_other_losses_match_keras(
    loss: Loss, targets: np.ndarray, outputs: np.ndarray, weights: np.ndarray | None, wanted: float
) -> None:
    assert loss(targets, outputs, weights) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, 1.1019428968429565),
        ({"ignore_class": 1}, 1.101942777633667),
        ({"reduction": "sum"}, 8.815543174743652),
    ],
)
def test_an_image_may_have_many_predictions(options: dict[str, Any], wanted: float) -> None:
    loss = SparseCategoricalCrossentropy(from_logits=True, **options)
    assert loss(PIXEL_LABELS, PIXELS) == pytest.approx(wanted, rel=1e-6)
    assert loss.per_image(PIXEL_LABELS, PIXELS).shape == (2,)


def test_without_reduction_there_is_one_loss_per_image() -> None:
    loss = SparseCategoricalCrossentropy(reduction=None)
    # Keras: the last is -log(1e-7), the largest possible.
    wanted = [0.3566749691963196, 0.10536053776741028, 2.3025851249694824, 16.11809539794922]
    np.testing.assert_allclose(loss(LABELS, PROBABILITIES), wanted, rtol=1e-6)
    np.testing.assert_allclose(loss(LABELS, PROBABILITIES, WEIGHTS), wanted * WEIGHTS, rtol=1e-6)
    with pytest.raises(ArgumentError, match="one loss per batch"):
        loss.factors(LABELS, PROBABILITIES)


def test_large_logits_do_not_overflow() -> None:
    logits, label = np.array([[1000.0, 0.0, -1000.0]], np.float32), np.array([2])
    loss = SparseCategoricalCrossentropy(from_logits=True)
    assert loss(label, logits) == 2000
    np.testing.assert_array_equal(loss.gradient(label, logits), [[1, 0, -1]])
    binary = BinaryCrossentropy(from_logits=True)
    assert binary([[0.0]], [[1000.0]]) == 1000
    assert binary.gradient(np.zeros((1, 1)), np.array([[-1000.0]])) == 0


def clipped(outputs: np.ndarray) -> np.ndarray:
    return np.clip(outputs, 0.05, 0.95)


GRADIENT_CASES: dict[str, tuple[Loss, np.ndarray, np.ndarray]] = {
    "sparse": (SparseCategoricalCrossentropy(), LABELS, clipped(PROBABILITIES)),
    "sparse logits": (SparseCategoricalCrossentropy(True), LABELS, LOGITS / 10),
    "sparse ignore": (SparseCategoricalCrossentropy(True, ignore_class=2), LABELS, LOGITS / 10),
    "sparse sum": (SparseCategoricalCrossentropy(True, reduction="sum"), LABELS, LOGITS / 10),
    "sparse pixels": (SparseCategoricalCrossentropy(True), PIXEL_LABELS, PIXELS),
    "sparse pixels ignore": (
        SparseCategoricalCrossentropy(True, ignore_class=1),
        PIXEL_LABELS,
        PIXELS,
    ),
    "sparse pixels sum": (
        SparseCategoricalCrossentropy(True, reduction="sum"),
        PIXEL_LABELS,
        PIXELS,
    ),
    "one-hot": (CategoricalCrossentropy(), ONE_HOT, clipped(PROBABILITIES)),
    "one-hot smoothed": (CategoricalCrossentropy(True, 0.1), ONE_HOT, LOGITS / 10),
    "targets that do not sum to 1": (CategoricalCrossentropy(True), ONE_HOT * 0.7, LOGITS / 10),
    "binary": (BinaryCrossentropy(), BINARY_TARGETS, clipped(BINARY_OUTPUTS)),
    "binary logits": (BinaryCrossentropy(True, 0.1), BINARY_TARGETS, BINARY_LOGITS / 10),
    "squares": (MeanSquaredError(), BINARY_TARGETS, BINARY_OUTPUTS),
    "distances": (MeanAbsoluteError(), BINARY_TARGETS, clipped(BINARY_OUTPUTS)),
}


@pytest.mark.parametrize("name", GRADIENT_CASES)
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_gradients_match_central_differences(name: str, weighted: bool) -> None:
    loss, targets, outputs = GRADIENT_CASES[name]
    weights = np.array([0.5, 2.0, 0.0, 1.0])[: len(outputs)] if weighted else None

    def total(shifted: np.ndarray) -> float:
        factors = loss.factors(targets, shifted, weights)
        return float((loss.per_image(targets, shifted) * factors).sum())

    factors = loss.factors(targets, outputs, weights).reshape(-1, *[1] * (outputs.ndim - 1))
    gradient = loss.gradient(targets, outputs) * factors
    for index in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[index] = 1e-6
        found = (total(outputs + step) - total(outputs - step)) / 2e-6
        assert found == pytest.approx(gradient[index], rel=1e-6, abs=1e-9)


def test_gradient_is_zero_where_probabilities_are_clipped() -> None:
    """Keras clips probabilities at 1e-7; beyond, the loss is constant."""
    gradient = SparseCategoricalCrossentropy().gradient(np.array([0]), np.array([[0.0, 1.0]]))
    np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_values_have_the_type_of_the_outputs(kind: type[np.floating]) -> None:
    for loss, targets, outputs in GRADIENT_CASES.values():
        pred = outputs.astype(kind)
        assert loss.per_image(targets, pred).dtype == kind
        assert loss.gradient(targets, pred).dtype == kind
        assert loss.factors(targets, pred, WEIGHTS[: len(pred)]).dtype == kind


# Configs and names


def test_configs_match_keras_and_make_equal_losses() -> None:
    assert SparseCategoricalCrossentropy().get_config() == {
        "name": "sparse_categorical_crossentropy",
        "reduction": "sum_over_batch_size",
        "from_logits": False,
        "ignore_class": None,
    }
    assert CategoricalCrossentropy().get_config() == {
        "name": "categorical_crossentropy",
        "reduction": "sum_over_batch_size",
        "from_logits": False,
        "label_smoothing": 0.0,
        "axis": -1,
    }
    loss = CategoricalCrossentropy(True, 0.3, reduction="sum", name="mine")
    assert CategoricalCrossentropy.from_config(loss.get_config()).get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("sparse_categorical_crossentropy", SparseCategoricalCrossentropy),
        ("SparseCategoricalCrossentropy", SparseCategoricalCrossentropy),
        ("categorical_crossentropy", CategoricalCrossentropy),
        ("binary_crossentropy", BinaryCrossentropy),
        ("bce", BinaryCrossentropy),
        ("mse", MeanSquaredError),
        ("MAE", MeanAbsoluteError),
        ("mean_squared_error", MeanSquaredError),
        (MeanSquaredError, MeanSquaredError),
        (losses.categorical_crossentropy, CategoricalCrossentropy),
        ({"class_name": "MeanSquaredError", "config": {"name": "m"}}, MeanSquaredError),
    ],
)
def test_losses_are_found_by_name_class_function_and_config(
    identifier: object, kind: type[Loss]
) -> None:
    assert type(losses.get(identifier)) is kind


def test_get_returns_losses_and_none_unchanged() -> None:
    loss = MeanSquaredError()
    assert losses.get(loss) is loss
    assert losses.get(None) is None


def test_an_unknown_loss_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="sparse_categorial_crossentropy") as caught:
        losses.get("sparse_categorial_crossentropy")
    assert "did you mean 'sparse_categorical_crossentropy'?" in str(caught.value.hint)
    with pytest.raises(UnknownNameError, match="unknown loss"):
        losses.get({"class_name": "Nothing"})
    with pytest.raises(UnknownNameError, match="unknown loss"):
        losses.get(3)


@pytest.mark.parametrize(
    ("target", "output", "kind"),
    [
        ((None,), (None, 10), SparseCategoricalCrossentropy),
        ((None, 1), (None, 10), SparseCategoricalCrossentropy),
        ((None, 10), (None, 10), CategoricalCrossentropy),
        ((None, 1), (None, 1), BinaryCrossentropy),
        ((None,), (None, 1), BinaryCrossentropy),
    ],
)
def test_crossentropy_is_resolved_by_the_shapes(
    target: tuple[int, ...], output: tuple[int, ...], kind: type[Loss]
) -> None:
    assert type(losses.resolve("crossentropy", target, output)) is kind
    assert type(losses.resolve("ce", target, output)) is kind
    assert type(losses.resolve("mse", target, output)) is MeanSquaredError


@pytest.mark.parametrize(
    ("function", "targets", "loss"),
    [
        (losses.sparse_categorical_crossentropy, LABELS, SparseCategoricalCrossentropy()),
        (losses.categorical_crossentropy, ONE_HOT, CategoricalCrossentropy()),
        (losses.binary_crossentropy, ONE_HOT, BinaryCrossentropy()),
        (losses.mean_squared_error, ONE_HOT, MeanSquaredError()),
        (losses.mean_absolute_error, ONE_HOT, MeanAbsoluteError()),
    ],
)
def test_a_function_returns_what_its_class_averages(
    function: Callable[..., np.ndarray], targets: np.ndarray, loss: Loss
) -> None:
    values = function(targets, PROBABILITIES)
    assert values.shape == (4,)
    assert values.mean() == pytest.approx(loss(targets, PROBABILITIES))


# Errors


def test_an_invalid_label_is_reported() -> None:
    with pytest.raises(DataError, match=r"from 0 to 2, .* 3 outputs. Received: 3") as caught:
        SparseCategoricalCrossentropy()([0, 3], [[1, 0, 0], [0, 1, 0]])
    assert "one unit per class" in str(caught.value.hint)
    with pytest.raises(DataError, match="Received: -1"):
        SparseCategoricalCrossentropy()([0, -1], [[1, 0, 0], [0, 1, 0]])
    assert SparseCategoricalCrossentropy(ignore_class=-1)([0, -1], [[1, 0], [0, 1]]) < 1e-6


@pytest.mark.parametrize(
    ("loss", "targets", "hint"),
    [
        (SparseCategoricalCrossentropy(), ONE_HOT, "CategoricalCrossentropy"),
        (CategoricalCrossentropy(), LABELS, "SparseCategoricalCrossentropy"),
        (MeanSquaredError(), LABELS, "as many units"),
        (BinaryCrossentropy(), ONE_HOT[:, :2], "as many units"),
    ],
)
def test_mismatched_targets_report_both_shapes(loss: Loss, targets: np.ndarray, hint: str) -> None:
    with pytest.raises(ShapeError, match=r"outputs of \(4, 3\)") as caught:
        loss(targets, PROBABILITIES)
    assert hint in str(caught.value.hint)


def test_mismatched_weights_report_both_shapes() -> None:
    with pytest.raises(ShapeError, match=r"Received: \(3,\) for 4"):
        SparseCategoricalCrossentropy()(LABELS, PROBABILITIES, np.ones(3))
    with pytest.raises(ShapeError, match=r"\(3, 7\) does not fit"):
        SparseCategoricalCrossentropy()(LABELS, PROBABILITIES, np.ones((3, 7)))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"reduction": "average"}, ArgumentError),
        ({"label_smoothing": 1.5}, ArgumentError),
        ({"axis": 1}, UnsupportedError),
        ({"dtype": "float16"}, UnsupportedError),
    ],
)
def test_invalid_arguments_are_refused(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"{next(iter(options))}={next(iter(options.values()))!r}"):
        CategoricalCrossentropy(**options)


def test_outputs_without_a_last_axis_are_one_prediction() -> None:
    # Keras 3.15: keras.losses.MeanSquaredError()([0.0, 2.0], [1.0, 4.0]) and so on
    loss = losses.MeanSquaredError()
    assert loss([0.0, 2.0], [1.0, 4.0]) == 2.5
    assert loss([0.0, 2.0], [1.0, 4.0], sample_weight=[1.0, 3.0]) == 5.0
    assert losses.BinaryCrossentropy()([1, 0], [0.5, 0.5]) == pytest.approx(np.log(2))


def test_predictions_of_an_ignored_class_do_not_count_with_weights_of_their_own() -> None:
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    half = np.full((1, 2, 2), 0.5)
    weights = np.ones((1, 2))
    assert loss([[0, -1]], half, sample_weight=weights) == pytest.approx(np.log(2))
