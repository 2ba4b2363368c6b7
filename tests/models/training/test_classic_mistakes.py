"""Classic mistakes get one warning in words, once; what is right gets none."""

import warnings
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers, losses
from scallion.datasets.pipeline import Dataset

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((12, 4, 4, 1), np.float32)
LABELS = np.array([0, 1, 2, 1, 0, 2, 2, 0, 1, 0, 1, 2])
ONE_HOT = np.eye(3)[LABELS]


def model(activation: str | None, loss: Any, units: int = 3, *first: Any) -> scallion.Model:
    scallion.utils.set_random_seed(4)
    network = scallion.Sequential(
        [
            scallion.Input((4, 4, 1)),
            *first,
            layers.Flatten(),
            layers.Dense(units, activation=activation, name="head"),
        ]
    )
    network.compile("sgd", loss)
    return network


def warned(*calls: Any) -> list[str]:
    """Return the texts of all warnings that the calls give."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for call in calls:
            call()
    return [str(one.message) for one in found]


def fit(network: scallion.Model, x: Any = IMAGES, y: Any = LABELS, **options: Any) -> Any:
    return lambda: network.fit(x, y, verbose=0, **options)


SPARSE = losses.SparseCategoricalCrossentropy
OUTPUTS = [
    ("softmax", SPARSE(from_logits=True), 3, LABELS, "has a softmax, and"),
    ("sigmoid", losses.BinaryCrossentropy(from_logits=True), 1, LABELS > 0, "has a sigmoid, and"),
    ("softmax", losses.CategoricalCrossentropy(from_logits=True), 3, ONE_HOT, "has a softmax, and"),
    (None, "sparse_categorical_crossentropy", 3, LABELS, "has no softmax, and"),
    (None, "crossentropy", 3, LABELS, "has no softmax, and"),
    (None, "categorical_crossentropy", 3, ONE_HOT, "has no softmax, and"),
    ("tanh", "sparse_categorical_crossentropy", 3, LABELS, "has no softmax, and"),
    (None, "binary_crossentropy", 1, LABELS > 0, "has no sigmoid, and"),
    (None, losses.CategoricalFocalCrossentropy(), 3, ONE_HOT, "has no softmax, and"),
    ("softmax", "binary_crossentropy", 1, LABELS > 0, "which is always 1"),
    ("sigmoid", "sparse_categorical_crossentropy", 3, LABELS, "is for one class per image"),
    ("softmax", "binary_crossentropy", 3, ONE_HOT, "is for several classes per image"),
    ("softmax", losses.BinaryFocalCrossentropy(), 3, ONE_HOT, "is for several classes per image"),
    ("softmax", "mse", 1, LABELS > 0, "which is always 1"),
    ("sigmoid", "mse", 1, LABELS, "whose outputs are from 0 to 1, and the labels are from 0 to 2"),
    ("tanh", "mae", 1, LABELS * -3.0, "whose outputs are from -1 to 1, and the labels are from -6"),
    ("relu", "huber", 1, LABELS - 1, "whose outputs are from 0, and the labels are from -1 to 1"),
]
RIGHT = [
    ("softmax", "sparse_categorical_crossentropy", 3, LABELS),
    ("softmax", "categorical_crossentropy", 3, ONE_HOT),
    ("sigmoid", "binary_crossentropy", 1, LABELS > 0),
    ("sigmoid", "binary_crossentropy", 3, ONE_HOT),
    (None, SPARSE(from_logits=True), 3, LABELS),
    (None, losses.BinaryCrossentropy(from_logits=True), 1, LABELS > 0),
    (None, "mse", 1, LABELS),
    ("relu", "mse", 1, LABELS),
    ("sigmoid", "mse", 3, ONE_HOT),
    ("softmax", "mse", 3, ONE_HOT),
    ("tanh", "log_cosh", 1, LABELS / 2),
    ("softplus", "sparse_categorical_crossentropy", 3, LABELS),
]


@pytest.mark.parametrize(("activation", "loss", "units", "y", "text"), OUTPUTS)
def test_an_output_that_does_not_fit_the_loss_gets_one_warning(
    activation: str | None, loss: Any, units: int, y: Any, text: str
) -> None:
    network = model(activation, loss, units)
    found = warned(fit(network, y=y), fit(network, y=y), lambda: network.evaluate(IMAGES, y))
    assert len(found) == 1
    assert found[0].startswith("the output layer 'head'")
    assert text in found[0]


@pytest.mark.parametrize(("activation", "loss", "units", "y"), RIGHT)
def test_an_output_that_fits_the_loss_gets_no_warning(
    activation: str | None, loss: Any, units: int, y: Any
) -> None:
    assert warned(fit(model(activation, loss, units), y=y)) == []


@pytest.mark.parametrize("last", [layers.Softmax, lambda: layers.Activation("softmax")])
def test_a_softmax_layer_of_its_own_is_seen(last: Any) -> None:
    network = scallion.Sequential([scallion.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)])
    network.add(last())
    network.compile("sgd", "sparse_categorical_crossentropy")
    assert warned(fit(network)) == []
    network.compile("sgd", SPARSE(from_logits=True))
    assert len(warned(fit(network))) == 1


def classifier() -> scallion.Model:
    return model("softmax", "sparse_categorical_crossentropy")


def test_a_validation_split_of_sorted_labels_gets_one_warning() -> None:
    network, ordered = classifier(), np.sort(LABELS)
    found = warned(*[fit(network, y=ordered, validation_split=0.3)] * 2)
    assert len(found) == 1
    assert "1 of its classes are in no training image" in found[0]
    (text,) = warned(fit(classifier(), y=ordered[::-1], validation_split=0.2))
    assert "its classes are 0 only" in text
    assert warned(fit(classifier(), validation_split=0.3)) == []
    assert warned(fit(classifier(), y=ordered)) == []
    assert len(warned(fit(classifier(), y=ordered, shuffle=False))) == 1
    assert warned(fit(classifier(), shuffle=False)) == []


def test_the_fraction_of_a_validation_split_may_be_a_number_of_numpy() -> None:
    assert warned(fit(classifier(), validation_split=np.float32(0.3))) == []


def test_a_validation_split_with_a_class_of_its_own_is_not_called_sorted() -> None:
    few = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 2, 1, 2])
    (found,) = warned(fit(classifier(), y=few, validation_split=0.3))
    assert "no training image shows class 2, and 2 of 4 validation images do" in found


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
def test_classes_one_after_the_other_are_sorted_in_any_order(order: list[int]) -> None:
    blocks = np.repeat(order, 4)
    assert len(warned(fit(classifier(), y=blocks, validation_split=0.2))) == 1
    assert len(warned(fit(classifier(), y=blocks, shuffle=False))) == 1
    network = model("softmax", "categorical_crossentropy")
    assert len(warned(fit(network, y=np.eye(3)[blocks], validation_split=0.2))) == 1


def test_a_dropout_after_the_outputs_gets_one_warning() -> None:
    network = classifier()
    network.add(layers.Dropout(0.01, seed=1))
    network.compile("sgd", "sparse_categorical_crossentropy")
    (found,) = warned(*[lambda: network.evaluate(IMAGES, LABELS)] * 2)
    assert "drops outputs of the network" in found


def test_a_network_of_frozen_layers_gets_one_warning() -> None:
    network = classifier()
    network.trainable = False
    network.compile("sgd", "sparse_categorical_crossentropy")
    (found,) = warned(*[fit(network)] * 2)
    assert "no weight of the network is trained" in found
    network.layers[-1].trainable = True
    network.trainable = True
    assert warned(fit(network)) == []


def test_a_normalization_without_adapt_gets_one_warning() -> None:
    normalization = layers.Normalization(name="scale")
    network = model("softmax", "sparse_categorical_crossentropy", 3, normalization)
    (found,) = warned(*[fit(network)] * 2)
    assert "model.get_layer('scale').adapt(x)" in found
    network.get_layer("scale").adapt(IMAGES)
    given = layers.Normalization(mean=0.0, variance=1.0)
    for right in (network, model("softmax", "sparse_categorical_crossentropy", 3, given)):
        assert warned(fit(right)) == []


def test_channels_that_come_first_get_one_warning() -> None:
    def network(*shape: int) -> scallion.Model:
        layer = [scallion.Input(shape), layers.Conv2D(2, 3, padding="same"), layers.Flatten()]
        found = scallion.Sequential([*layer, layers.Dense(3, activation="softmax")])
        found.compile("sgd", "sparse_categorical_crossentropy")
        return found

    (found,) = warned(*[fit(network(3, 16, 16), RANDOM.random((12, 3, 16, 16), np.float32))])
    assert "x.transpose(0, 2, 3, 1), and Input((16, 16, 3))" in found
    assert warned(fit(network(16, 16, 3), RANDOM.random((12, 16, 16, 3), np.float32))) == []


def test_validation_classes_without_training_images_get_one_warning() -> None:
    network, trained = classifier(), np.minimum(LABELS, 1)
    (found,) = warned(*[fit(network, y=trained, validation_data=(IMAGES, LABELS))] * 2)
    assert f"no training image shows class 2, and {(LABELS == 2).sum()} of" in found
    assert warned(fit(classifier(), validation_data=(IMAGES, np.minimum(LABELS, 1)))) == []


@pytest.mark.parametrize(
    ("weights", "unknown"),
    [({1: 1.0, 2: 2.0, 3: 1.0}, "3"), ({0: 1.0, 7: 2.0, -1: 5.0}, "-1, 7"), ({0: 1.0, 2: 2}, None)],
)
def test_class_weights_of_no_label_get_one_warning(weights: Any, unknown: str | None) -> None:
    found = warned(fit(classifier(), class_weight=weights))
    assert [f"no effect for {unknown}:" in text for text in found] == [True] * bool(unknown)


def test_predictions_of_a_shuffled_data_set_get_one_warning() -> None:
    network, dataset = classifier(), Dataset.from_tensor_slices((IMAGES, LABELS))
    shuffled = dataset.shuffle(12).batch(4)
    found = warned(lambda: network.predict(shuffled), lambda: network.predict(shuffled))
    assert len(found) == 1
    assert "shuffled anew in each pass" in found[0]
    for right in (
        dataset.batch(4),
        dataset.shuffle(12, reshuffle_each_iteration=False).batch(4),
        dataset.shuffle(12).cache().batch(4),
    ):
        assert warned(lambda data=right: network.predict(data)) == []
    assert warned(lambda: network.evaluate(shuffled), fit(network, shuffled, None)) == []


def batches(x: Any, y: Any = LABELS) -> Any:
    return Dataset.from_tensor_slices((x, y)).batch(4)


@pytest.mark.parametrize("trained", ["arrays", "batches"])
@pytest.mark.parametrize(
    "call",
    [
        "predict",
        "evaluate",
        "validation_data",
        "predict_on_batch",
        "test_on_batch",
        "predict batches",
        "predict a generator",
        "evaluate batches",
        "validate batches",
    ],
)
def test_pixels_of_another_range_than_in_training_get_one_warning(call: str, trained: str) -> None:
    network, bright = classifier(), (IMAGES * 255).astype(np.uint8)
    runs = {
        "predict_on_batch": lambda: network.predict_on_batch(bright),
        "test_on_batch": lambda: network.test_on_batch(bright, LABELS),
        "predict batches": lambda: network.predict(batches(bright)),
        "predict a generator": lambda: network.predict(bright[i : i + 3] for i in (0, 3)),
        "evaluate batches": lambda: network.evaluate(batches(bright)),
        "validate batches": fit(network, validation_data=batches(bright)),
        "predict": lambda: network.predict(bright),
        "evaluate": lambda: network.evaluate(bright, LABELS),
        "validation_data": fit(network, validation_data=(bright, LABELS)),
    }
    training = fit(network) if trained == "arrays" else fit(network, batches(IMAGES), None)
    found = warned(training, runs[call], runs[call])
    assert len(found) == 1
    assert "trained on pixels from 0" in found[0]
    assert found[0].endswith("images / 255")
    assert warned(lambda: classifier().predict(bright)) == []


def test_pixels_that_are_scaled_twice_get_one_warning() -> None:
    loss = "sparse_categorical_crossentropy"
    network = model("softmax", loss, 3, layers.Rescaling(1 / 255))
    found = warned(*[fit(network)] * 2)
    assert len(found) == 1
    assert "divides pixels that are from 0" in found[0]
    network = model("softmax", loss, 3, layers.Rescaling(1 / 255))
    assert warned(fit(network, (IMAGES * 255).astype(np.uint8))) == []


def test_pixels_that_nothing_scales_get_one_warning() -> None:
    bright = np.round(IMAGES * 255 / IMAGES.max())
    network = classifier()
    (found,) = warned(*[fit(network, bright)] * 2)
    assert "no layer scales them" in found
    assert "layers.Rescaling(1 / 255)" in found
    for first in (layers.Rescaling(1 / 255), layers.BatchNormalization()):
        other = model("softmax", "sparse_categorical_crossentropy", 3, first)
        assert warned(fit(other, bright)) == []
    assert warned(fit(classifier(), bright / 255)) == []
    assert warned(fit(classifier(), IMAGES * 30)) == []  # counts or measurements, not pixels


@pytest.mark.parametrize(
    ("images", "edit"),
    [
        ((IMAGES * 65535).astype(np.uint16), "layers.Rescaling(1 / 65535)"),
        ((IMAGES * 4095).astype(np.uint16), "layers.Rescaling(1 / 4095)"),
        (IMAGES * 2000 - 1000, "x = (x - x.mean()) / x.std()"),
        (batches(np.round(IMAGES * 255 / IMAGES.max())), "layers.Rescaling(1 / 255)"),
    ],
    ids=["16 bits", "12 bits", "both signs", "batches"],
)
def test_pixels_of_more_bits_and_in_batches_need_scaling_too(images: Any, edit: str) -> None:
    y = LABELS if isinstance(images, np.ndarray) else None
    (found,) = warned(*[fit(classifier(), images, y)] * 2)
    assert "no layer scales them" in found
    assert edit in found
    if "Rescaling" in edit:
        first = layers.Rescaling(1 / float(edit.split("/ ")[1][:-1]))
        right = model("softmax", "sparse_categorical_crossentropy", 3, first)
        assert warned(fit(right, images, y)) == []


def test_pixels_of_16_bits_that_are_divided_by_255_get_one_warning() -> None:
    network = model("softmax", "sparse_categorical_crossentropy", 3, layers.Rescaling(1 / 255))
    (found,) = warned(*[fit(network, (IMAGES * 65535).astype(np.uint16))] * 2)
    assert "layers.Rescaling(1 / 65535)" in found


def test_a_warning_names_the_line_of_the_user() -> None:
    network, bright = classifier(), (IMAGES * 255).astype(np.uint8)
    with pytest.warns(UserWarning, match="no layer scales them") as found:
        network.fit(bright, LABELS, verbose=0)
    with pytest.warns(UserWarning, match="trained on pixels") as later:
        network.predict(IMAGES)
    assert {one.filename for one in (*found, *later)} == {__file__}


def test_labels_of_pixels_and_of_several_classes_have_no_order() -> None:
    pixels = np.zeros((12, 4, 4), int)
    pixels[9:] = 1
    network = scallion.Sequential(
        [scallion.Input((4, 4, 1)), layers.Conv2D(2, 1, activation="softmax")]
    )
    network.compile("sgd", "sparse_categorical_crossentropy")
    assert warned(fit(network, y=pixels, validation_split=0.2, shuffle=False)) == []
    several = np.triu(np.ones((12, 3)))[np.minimum(np.arange(12) // 4, 2)]
    network = model("sigmoid", "binary_crossentropy")
    assert warned(fit(network, y=several, validation_split=0.2, shuffle=False)) == []
