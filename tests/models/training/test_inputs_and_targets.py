"""Images and labels: errors for those that do not fit, and accepted formats."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from scallion.errors import DataError
from scallion.layers import Conv2D, Dense, Flatten, Input
from scallion.models import Model
from scallion.utils import set_random_seed


def network(shape: tuple[int, ...] = (6, 6, 1), classes: int = 3, loss: str = "sparse") -> Model:
    set_random_seed(1)
    start = Input(shape)
    model = Model(start, Dense(classes, activation="softmax", name="answer")(Flatten()(start)))
    model.compile("sgd", f"{loss}_categorical_crossentropy".removeprefix("dense_"))
    return model


def images(count: int = 8, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).random((count, *(shape or (6, 6, 1))))


def labels(count: int = 8) -> np.ndarray:
    return np.arange(count) % 3


def refusal(x: Any, y: Any = None, model: Model | None = None, **options: Any) -> str:
    """Return the error message of `fit`, or of `predict` without labels."""
    model = model or network()
    work = model.predict if y is None else partial(model.fit, y=y, **options)
    with pytest.raises(DataError) as caught:
        work(x, verbose=0)
    return str(caught.value)


def test_different_counts_of_images_and_labels_raise() -> None:
    assert refusal(images(8), labels(7)) == (
        "the numbers of images and labels differ. Received: 8 images and 7 labels\n"
        "hint: x and y must come from the same selection: len(x) == len(y)"
    )


def test_a_label_outside_the_classes_raises() -> None:
    y = labels()
    y[5] = 7
    assert refusal(images(), y) == (
        "label 5 is outside the 3 classes of the output layer 'answer', 0 to 2. Received: 7\n"
        "hint: give the last layer 8 units, or remove those images"
    )


def test_labels_counting_from_one_get_a_hint() -> None:
    message = refusal(images(), labels() + 1)
    assert "label 2 is outside the 3 classes" in message
    assert message.endswith("hint: these labels count from 1, classes count from 0: y - 1")
    network().fit(images(), labels() + 1 - 1, verbose=0)


def test_a_negative_label_gets_a_working_hint() -> None:
    y = labels() - 1
    assert "label 0 is outside the 3 classes" in refusal(images(), y)
    _, renumbered = np.unique(y, return_inverse=True)
    network().fit(images(), renumbered, verbose=0)


def test_fractional_labels_raise() -> None:
    y = labels().astype(float)
    y[4] = 1.5
    assert refusal(images(), y) == (
        "label 4 is not an integer. Received: 1.5\n"
        "hint: class indices are 0, 1, 2 and so on; for continuous values use loss='mse'"
    )


def test_nan_labels_raise() -> None:
    y = labels().astype(float)
    y[3] = np.nan
    assert "label 3 is not an integer. Received: nan" in refusal(images(), y)


def test_text_labels_raise() -> None:
    message = refusal(images(), np.array(["cat", "dog"] * 4))
    assert "the labels: the array must be numeric. Received: <U3" in message
    assert message.endswith("names, y = np.unique(y, return_inverse=True)")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["float64", "float32", "float16"])
def test_non_finite_pixels_name_the_first_image(kind: str, bad: float) -> None:
    x = images(700, 30, 30, 1).astype(kind)
    x[650, 3, 4] = x[690] = bad
    model = network((30, 30, 1))
    expected = f"image 650 has non-finite pixels (NaN or Inf). Received: {bad}"
    assert expected in refusal(x, labels(700), model)
    assert expected in refusal(x, None, model)
    model.fit(np.nan_to_num(x, posinf=0, neginf=0), labels(700), verbose=0)


def test_validation_pixels_are_checked() -> None:
    x = images()
    x[2] = np.nan
    message = refusal(images(), labels(), validation_data=(x, labels()))
    assert "image 2 has non-finite pixels (NaN or Inf)" in message


def test_no_images_raise() -> None:
    assert "there are no images. Received: shape (0, 6, 6, 1)" in refusal(images(0), labels(0))
    assert "there are no images" in refusal(images(0))
    assert "there are no images" in refusal(None, labels())


def test_no_labels_raise() -> None:
    with pytest.raises(DataError, match="there are no labels"):
        network().fit(images(), verbose=0)


@pytest.mark.parametrize(
    ("wanted", "received", "hint"),
    [
        ((6, 6, 3), (6, 6, 3), "a single image needs a batch axis: x[None]"),
        ((6, 6, 1), (6, 6), "a single image needs a batch axis: x[None]"),
        ((6, 6, 1), (6, 6, 1), "a single image needs a batch axis: x[None]"),
        ((36,), (36,), "a single image needs a batch axis: x[None]"),
        ((6, 6, 3), (8, 3, 6, 6), "move the channels to the last axis: x.transpose(0, 2, 3, 1)"),
        ((6, 6, 3), (8, 6, 6, 4), "remove the alpha channel: x[..., :3]"),
        (
            (6, 6, 1),
            (8, 6, 6, 3),
            "convert the images to greyscale: x.mean(axis=-1, keepdims=True)",
        ),
        (
            (6, 6, 3),
            (8, 6, 6),
            "repeat the grey channel: np.repeat(x.reshape(-1, 6, 6, 1), 3, axis=-1)",
        ),
        (
            (6, 6, 3),
            (8, 6, 6, 1),
            "repeat the grey channel: np.repeat(x.reshape(-1, 6, 6, 1), 3, axis=-1)",
        ),
        ((6, 6, 3), (8, 108), "x.reshape(-1, 6, 6, 3)"),
        ((108,), (8, 6, 6, 3), "flatten each image: x.reshape(len(x), -1)"),
    ],
)
def test_a_wrong_shape_gets_a_working_hint(
    wanted: tuple[int, ...], received: tuple[int, ...], hint: str
) -> None:
    x = np.random.default_rng(0).random(received)
    model = network(wanted)
    shape = ", ".join(["n", *map(str, wanted)])
    for message in (refusal(x, labels(len(x)), model), refusal(x, None, model)):
        assert f"takes images of the shape ({shape}). Received: shape {received}" in message
        assert message.endswith(f"hint: {hint}")
    edited = eval(hint.rpartition(": ")[2], {"np": np, "x": x})  # the code in the hint
    assert len(model.predict(edited, verbose=0)) in (1, 8)


def test_a_wrong_size_suggests_a_fitting_input() -> None:
    message = refusal(images(8, 5, 7, 1), labels())
    assert message.endswith("hint: resize the images, or start the network with Input((5, 7, 1))")


def test_an_axis_of_size_one_is_added_or_removed() -> None:
    x = images()
    expected = network().predict(x, verbose=0)
    assert np.array_equal(network().predict(x[..., 0], verbose=0), expected)
    assert np.array_equal(network().predict(x[..., None], verbose=0), expected)


def test_one_hot_labels_with_a_sparse_loss_raise() -> None:
    one_hot = np.eye(3)[labels()]
    message = refusal(images(), one_hot)
    assert "needs class indices. Received: labels of shape (8, 3)" in message
    assert message.endswith(
        'compile with loss="categorical_crossentropy", or fit with y.argmax(axis=-1)'
    )
    network().fit(images(), one_hot.argmax(axis=-1), verbose=0)
    network(loss="dense").fit(images(), one_hot, verbose=0)


@pytest.mark.parametrize("shape", [(8,), (8, 1)])
def test_class_indices_with_a_one_hot_loss_raise(shape: tuple[int, ...]) -> None:
    message = refusal(images(), labels().reshape(shape), network(loss="dense"))
    assert f"one-hot labels of the shape (n, 3). Received: labels of shape {shape}" in message
    assert message.endswith('compile with loss="sparse_categorical_crossentropy"')


def test_one_hot_labels_of_other_classes_raise() -> None:
    message = refusal(images(), np.eye(5)[labels()], network(loss="dense"))
    assert message.endswith("hint: give the last layer 5 units")


@pytest.mark.parametrize("kind", ["uint8", "int64", "float32", "bool"])
@pytest.mark.parametrize("shape", [(8,), (8, 1)])
def test_labels_of_any_type_train_identically(kind: str, shape: tuple[int, ...]) -> None:
    y = labels() % 2
    expected = network().fit(images(), y, verbose=0).history
    assert network().fit(images(), y.astype(kind).reshape(shape), verbose=0).history == expected


def test_lists_are_converted_to_arrays() -> None:
    expected = network().fit(images(), labels(), verbose=0).history
    given = network().fit(images().tolist(), labels().tolist(), verbose=0).history
    assert given == expected
    assert network().fit([images()], [labels()], verbose=0).history == expected
    assert network().fit(list(images()), list(labels()), verbose=0).history == expected


def test_images_of_different_sizes_raise() -> None:
    message = refusal([np.zeros((6, 6, 1)), np.zeros((5, 6, 1))])
    assert "the entries of the list differ in shape" in message


def test_pandas_is_accepted_without_being_imported() -> None:
    pandas = pytest.importorskip("pandas")
    flat = network((36,))
    x = images().reshape(8, 36)
    expected = flat.predict(x, verbose=0)
    assert np.array_equal(flat.predict(pandas.DataFrame(x), verbose=0), expected)
    history = network((36,)).fit(pandas.DataFrame(x), pandas.Series(labels()), verbose=0).history
    assert history == network((36,)).fit(x, labels(), verbose=0).history


def test_sample_weights_that_do_not_fit_raise() -> None:
    assert "`sample_weight` needs one weight per image, and there are 8 images" in refusal(
        images(), labels(), sample_weight=np.ones(7)
    )
    assert "weight 1 is NaN or infinite" in refusal(
        images(), labels(), sample_weight=np.array([1, np.nan] * 4)
    )


def test_inputs_by_name_or_list_are_equal() -> None:
    set_random_seed(1)
    left, right = Input((6, 6, 1), name="left"), Input((6, 6, 2), name="right")
    sides = [Flatten()(Conv2D(2, 3)(side)) for side in (left, right)]
    model = Model([left, right], [Dense(3)(side) for side in sides])
    x, other = images(), images(8, 6, 6, 2)
    first, second = model.predict([x, other], verbose=0)
    by_name = model.predict({"right": other, "left": x}, verbose=0)
    assert np.array_equal(by_name[0], first)
    assert np.array_equal(by_name[1], second)
    with pytest.raises(DataError, match="the input 'right' is missing"):
        model.predict({"left": x}, verbose=0)
    with pytest.raises(DataError, match=r"2 inputs: left, right\. Received: ndarray"):
        model.predict(x, verbose=0)
    with pytest.raises(DataError, match="left: 8, right: 7"):
        model.predict([x, other[:7]], verbose=0)
