"""Arguments that are NaN or infinite are refused where they are given, not believed."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers
from scallion.errors import ArgumentError, DataError, StateError, UnsupportedError

# Initializers may give any value: `fit` refuses the weights. Infinite limits and integers mean "no
# limit" or "never", as in Keras.
PACKAGES = (scallion.losses, scallion.layers, scallion.regularizers, scallion.optimizers)
REQUIRED: dict[str, Any] = {"scale": 1.0, "units": 2, "filters": 2, "kernel_size": 1, "factor": 0.1}


def float_arguments() -> Iterator[Any]:
    """Yield each public class with the name of an argument that is a float."""
    for package in PACKAGES:
        for name in sorted(vars(package)):
            made = getattr(package, name)
            if not isinstance(made, type) or name.startswith("_") or name in ("Optimizer", "Layer"):
                continue
            parameters = inspect.signature(made).parameters.values()
            required = [
                p.name for p in parameters if p.default is p.empty and p.kind < p.VAR_KEYWORD
            ]
            required = [p for p in required if p not in ("args", "kwargs", "options")]
            if not all(p in REQUIRED for p in required):
                continue
            given = {p: REQUIRED[p] for p in required}
            for parameter in parameters:
                if isinstance(parameter.default, float):
                    call = (made, {**given, parameter.name: None}, parameter.name)
                    yield pytest.param(*call, id=f"{name}-{parameter.name}")


@pytest.mark.parametrize(("made", "arguments", "name"), list(float_arguments()))
def test_no_float_argument_may_be_nan(
    made: Callable[..., Any], arguments: dict[str, Any], name: str
) -> None:
    with pytest.raises((ArgumentError, UnsupportedError), match=name):
        made(**{**arguments, name: float("nan")})


@pytest.mark.parametrize(
    "make",
    [
        lambda bad: scallion.losses.Huber(delta=bad),
        lambda bad: scallion.losses.CategoricalFocalCrossentropy(gamma=bad),
        lambda bad: scallion.losses.BinaryFocalCrossentropy(alpha=bad),
        lambda bad: scallion.callbacks.EarlyStopping(min_delta=bad),
        lambda bad: scallion.callbacks.ReduceLROnPlateau(factor=bad),
        lambda bad: scallion.callbacks.ReduceLROnPlateau(min_lr=bad),
        lambda bad: scallion.metrics.BinaryAccuracy(threshold=bad),
        lambda bad: scallion.metrics.BinaryCrossentropy(label_smoothing=bad),
        lambda bad: layers.Rescaling(bad),
        lambda bad: layers.Rescaling([1.0, bad, 1.0]),
        lambda bad: layers.Normalization(mean=bad, variance=1.0),
        lambda bad: layers.Normalization(mean=[0.0, 1.0], variance=[1.0, bad]),
    ],
)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_arguments_that_are_not_finite_are_refused(
    make: Callable[[float], Any], bad: float
) -> None:
    with pytest.raises(ArgumentError):
        make(bad)


def test_a_negative_variance_is_refused() -> None:
    with pytest.raises(ArgumentError, match="from 0"):
        layers.Normalization(mean=0.0, variance=-1.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e39, -1e30])
def test_a_normalization_is_not_adapted_to_what_is_not_finite(bad: float) -> None:
    images = np.ones((4, 2, 2, 1))
    images[3, 1, 0, 0] = bad
    layer = layers.Normalization()
    for data in (images, [images[:2], images[2:]]):
        with pytest.raises(DataError, match="cannot be adapted to images that are not finite"):
            layer.adapt(data)


def network() -> scallion.Model:
    model = scallion.Sequential([scallion.Input((4,)), layers.Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


X, Y = np.ones((6, 4), np.float32), np.arange(6) % 2


def test_training_does_not_begin_with_weights_that_are_not_finite() -> None:
    model = network()
    model.set_weights([np.full((4, 2), np.nan), np.zeros(2)])
    with pytest.raises(StateError, match="cannot be trained: 8 of 10 weights are NaN"):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("call", ["fit", "evaluate", "predict", "train_on_batch"])
def test_masked_pixels_are_no_pixels(call: str) -> None:
    masked, labels = (
        np.ma.masked_greater(np.arange(24.0).reshape(6, 4), 20),
        [Y][: call != "predict"],
    )
    with pytest.raises(DataError, match="3 values of the masked array are masked"):
        getattr(network(), call)(masked, *labels)
    getattr(network(), call)(np.ma.masked_greater(X, 20), *labels)  # nothing is masked


def test_masked_labels_are_no_labels() -> None:
    with pytest.raises(DataError, match="masked"):
        network().fit(X, np.ma.masked_equal(Y, 1), verbose=0)


def test_values_beyond_float32_are_named_as_they_were_given() -> None:
    model = network()
    model.compile("sgd", "mse")
    with pytest.raises(
        DataError, match=r"label 0 is beyond the range of float32. Received: 1e\+200"
    ):
        model.fit(X, np.full((6, 2), 1e200), verbose=0)
    with pytest.raises(
        DataError, match=r"weight 0 is beyond the range of float32. Received: 1e\+39"
    ):
        network().fit(X, Y, sample_weight=np.full(6, 1e39), verbose=0)
    with pytest.raises(ArgumentError, match="finite in float32"):
        network().fit(X, Y, class_weight={0: 1e300}, verbose=0)


@pytest.mark.parametrize(
    "weights", [{"sample_weight": np.zeros(6)}, {"class_weight": {0: 0.0, 1: 0.0}}]
)
def test_weights_of_zero_for_all_images_are_refused(weights: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="all weights of the 6 images are 0"):
        network().fit(X, Y, verbose=0, **weights)
    assert network().train_on_batch(X, Y, sample_weight=np.zeros(6)) == 0  # a batch may have none
    network().fit(X, Y, class_weight={0: 0.0}, verbose=0)
