"""Custom losses: values, derived gradients, both engines, and what is refused by name."""

from typing import Any

import numpy as np
import pytest

import scallion
from custom_losses import CUSTOM_LOSSES, CustomLoss, batch, network
from scallion import losses, ops
from scallion.errors import ArgumentError, ShapeError, UnsupportedError
from scallion.losses import derived
from scallion.losses.function_loss import FunctionLoss

each_loss = pytest.mark.parametrize("case", CUSTOM_LOSSES.values(), ids=CUSTOM_LOSSES)


@each_loss
@pytest.mark.parametrize("weighted", [False, True])
def test_derived_gradients_match_central_differences(case: CustomLoss, weighted: bool) -> None:
    loss = losses.get(case.make(scallion))
    assert loss is not None
    if weighted and loss.name == "tversky":
        pytest.skip("it returns one value per class, which no image's weight fits")
    _, y = batch(case, 4)
    pred = np.random.default_rng(8).uniform(0.1, 0.9, (4, 3))
    weights = np.array([0.5, 2.0, 0.0, 1.0]) if weighted else None
    gradient = derived.value_and_gradient(loss, y, pred, weights)[1]
    numeric = np.zeros_like(pred)
    for place in np.ndindex(pred.shape):
        step = np.zeros_like(pred)
        step[place] = 1e-6
        high, low = (
            derived.value_and_gradient(loss, y, one, weights)[0]
            for one in (pred + step, pred - step)
        )
        numeric[place] = (high - low) / 2e-6
    if loss.name != "penalized":  # part of its gradient is stopped
        np.testing.assert_allclose(gradient, numeric, rtol=1e-5, atol=1e-7)


@each_loss
def test_both_engines_train_alike(case: CustomLoss) -> None:
    x, y = batch(case)
    histories = []
    for engine in ("reference", "native"):
        model = network(scallion, case)
        model.compile(scallion.optimizers.SGD(0.1), case.make(scallion), engine=engine)
        history = model.fit(
            x, y, batch_size=5, epochs=2, verbose=0, shuffle=False, validation_data=(x, y),
            sample_weight=None if "tversky" in str(model.loss) else np.linspace(0, 2, len(x)),
        )  # fmt: skip
        histories.append([*history.history["loss"], *history.history["val_loss"]])
    np.testing.assert_allclose(histories[0], histories[1], rtol=1e-5)


def test_a_derived_loss_trains_as_the_built_in_one() -> None:
    x, y = batch(CUSTOM_LOSSES["squared"])
    weights = []
    for loss in ("mse", CUSTOM_LOSSES["squared"].make(scallion)):
        model = network(scallion, CUSTOM_LOSSES["squared"])
        model.compile(scallion.optimizers.Adam(0.01), loss)
        model.fit(x, y, epochs=3, verbose=0, shuffle=False, batch_size=4)
        weights.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-6)


def test_several_outputs_mix_built_in_and_custom_losses() -> None:
    image = scallion.Input((6,))
    hidden = scallion.layers.BatchNormalization()(scallion.layers.Dense(4)(image))
    model = scallion.Model(
        image,
        [scallion.layers.Dense(3, name="a")(hidden), scallion.layers.Dense(3, name="b")(hidden)],
    )
    x, y = batch(CUSTOM_LOSSES["squared"])
    start, found = model.get_weights(), []
    for loss in (["mse", "mse"], ["mse", lambda t, p: ops.mean((t - p) ** 2, -1)]):
        for engine in ("native", "reference"):
            model.set_weights(start)
            model.compile("sgd", loss=loss, loss_weights=[0.5, 2.0], engine=engine)
            history = model.fit(x, [y, y], epochs=2, verbose=0, shuffle=False, batch_size=4).history
            found.append([*history["loss"], *history["a_loss"], *history["b_loss"]])
    for other in found[1:]:
        np.testing.assert_allclose(found[0], other, rtol=1e-5)


def refused(loss: Any) -> str:
    """Return the message of the error before the first step."""
    x, y = batch(CUSTOM_LOSSES["squared"])
    model = network(scallion, CUSTOM_LOSSES["squared"])
    model.compile("sgd", loss)
    before = model.get_weights()
    with pytest.raises((UnsupportedError, ArgumentError)) as caught:
        model.fit(x, y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    return str(caught.value)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (lambda t, p: np.median(t - p, axis=-1), "no gradient is derived through numpy.median"),
        (lambda t, p: (t - p.numpy()) ** 2, "through numpy()"),
        (lambda t, p: np.asarray(p) - t, "the conversion to a NumPy array"),
        (lambda t, _: ops.mean(t), "does not depend on y_pred"),
        (lambda _, p: ops.cast(p > 0.5, "float32"), "does not depend on y_pred"),
        (lambda t, p: losses.mean_squared_error(p, t), "derived for y_pred, not for y_true"),
        (lambda _, p: np.cumsum(p), "no gradient is derived through numpy.cumsum"),
    ],
    ids=["median", "numpy", "asarray", "constant", "comparison", "order", "cumsum"],
)
def test_what_has_no_gradient_is_refused_before_training(loss: Any, said: str) -> None:
    assert said in refused(loss)


def test_an_error_in_the_function_comes_before_training() -> None:
    model = network(scallion, CUSTOM_LOSSES["squared"])
    model.compile("sgd", lambda _, p: undefined_name * p)  # type: ignore[name-defined]  # noqa: F821
    with pytest.raises(NameError, match="undefined_name"):
        model.fit(*batch(CUSTOM_LOSSES["squared"]), verbose=0)


@each_loss
def test_a_custom_loss_is_a_function_of_arrays(case: CustomLoss) -> None:
    loss = losses.get(case.make(scallion))
    assert loss is not None
    _, y = batch(case, 4)
    pred = np.random.default_rng(8).uniform(0.1, 0.9, (4, 3)).astype(np.float32)
    expected = derived.value_and_gradient(loss, y, pred, None)[0]
    assert float(loss(y, pred)) == pytest.approx(expected, rel=1e-5)


def test_weights_that_fit_no_value_are_refused() -> None:
    x, y = batch(CUSTOM_LOSSES["tversky class"])
    model = network(scallion, CUSTOM_LOSSES["tversky class"])
    with pytest.raises(ShapeError, match=r"`sample_weight` of \(12,\) does not fit"):
        model.fit(x, y, sample_weight=np.ones(12), verbose=0)


def test_a_loss_without_reduction_cannot_train() -> None:
    loss = FunctionLoss(lambda t, p: (t - p) ** 2, reduction=None)
    assert loss(np.zeros((2, 3)), np.ones((2, 3))).shape == (2, 3)
    assert "reduction" in refused(loss)
