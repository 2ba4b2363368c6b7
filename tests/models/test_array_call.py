"""Calls of layers and models on arrays."""

from typing import Any

import numpy as np
import pytest

from scallion import Input, Model, Sequential, layers, session
from scallion.errors import ArgumentError, DataError, ShapeError
from scallion.models import model_from_json

IMAGES = np.random.default_rng(0).normal(size=(5, 6, 4, 3)).astype(np.float32)


@pytest.fixture(autouse=True, params=["native", "reference"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "native":
        native = pytest.importorskip("scallion.engine.native")
        if not native.is_available():
            pytest.skip("the compiled engine is missing")
    monkeypatch.setenv("SCALLION_ENGINE", request.param)


def network() -> Model:
    start = Input((6, 4, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(start))
    return Model(start, layers.Dropout(0.5)(layers.Flatten()(x)))


def test_the_first_array_builds_a_layer_and_outputs_are_float32() -> None:
    dense = layers.Dense(4, kernel_initializer="ones", bias_initializer="ones")
    found = dense(np.arange(6).reshape(2, 3))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [[4] * 4, [13] * 4])
    assert [weight.shape for weight in dense.weights] == [(3, 4), (4,)]
    assert dense.nodes == []
    assert type(found.numpy()) is np.ndarray


def test_a_call_uses_weights_set_since_the_last_one() -> None:
    dense = layers.Dense(1, use_bias=False)
    dense([[1.0, 2.0]])
    dense.set_weights([[[10.0], [1.0]]])
    assert dense([[1.0, 2.0]]) == 12


def test_a_layer_with_several_inputs_takes_a_list_of_arrays() -> None:
    np.testing.assert_array_equal(layers.Add()([IMAGES, IMAGES]), 2 * IMAGES)
    np.testing.assert_array_equal(
        layers.Concatenate()([IMAGES, IMAGES[..., :1]])[..., 3], IMAGES[..., 0]
    )


def test_an_empty_batch_gives_empty_outputs() -> None:
    assert layers.Dense(4)(np.ones((0, 3))).shape == (0, 4)


def test_dropout_is_active_in_training_only() -> None:
    drop = layers.Dropout(0.5)
    for training in (None, False):
        np.testing.assert_array_equal(drop(IMAGES, training=training), IMAGES)
    first, second = drop(IMAGES, training=True), drop(IMAGES, training=True)
    assert 0 < (first == 0).sum() < IMAGES.size
    assert (first != second).any()


def test_random_layers_repeat_after_a_seed() -> None:
    def draw() -> list[bytes]:
        session.set_random_seed(3)
        drop = layers.Dropout(0.5)
        return [drop(IMAGES, training=True).tobytes() for _ in range(3)]

    assert draw() == draw()


def test_normalization_uses_batch_statistics_in_training_only() -> None:
    norm = layers.BatchNormalization(momentum=0.5, epsilon=0.0)
    norm(IMAGES)
    assert not norm.moving_mean.numpy().any()
    found = norm(IMAGES, training=True)
    np.testing.assert_allclose(found.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(norm.moving_mean, IMAGES.mean(axis=(0, 1, 2)) / 2, atol=1e-6)
    norm.trainable = False
    kept = norm.moving_mean.numpy()
    norm(IMAGES, training=True)
    np.testing.assert_array_equal(norm.moving_mean, kept)


def test_random_layers_are_active_by_default() -> None:
    for flip in (layers.RandomFlip(), Sequential([layers.RandomFlip()])):
        assert any((flip(IMAGES) != IMAGES).any() for _ in range(9))
        np.testing.assert_array_equal(flip(IMAGES, training=False), IMAGES)


def test_image_layers_accept_a_single_image() -> None:
    assert layers.Resizing(3, 2)(IMAGES[0]).shape == (3, 2, 3)
    assert layers.RandomFlip()(IMAGES[0]).shape == IMAGES[0].shape
    assert layers.Rescaling(2.0)(IMAGES[0]).shape == IMAGES[0].shape


def test_the_training_argument_of_a_call_is_used() -> None:
    model = network()
    wanted = model.predict(IMAGES, verbose=0)
    for training in (None, False):
        np.testing.assert_array_equal(model(IMAGES, training=training), wanted)
    assert (model(IMAGES, training=True) == 0).mean() > 0.1
    assert model.layers[2].moving_mean.numpy().any()


def test_the_first_images_build_a_sequential_model() -> None:
    model = Sequential([layers.Flatten(), layers.Dense(2)])
    assert model(IMAGES).shape == (5, 2)
    assert model.built


def test_several_outputs_are_a_list() -> None:
    start = Input((3,))
    model = Model(start, [layers.Dense(1)(start), layers.Dense(2)(start)])
    assert [found.shape for found in model(IMAGES[:, 0, 0])] == [(5, 1), (5, 2)]


def test_a_symbolic_calls_training_argument_is_the_default() -> None:
    """As in Keras 3.15, `predict` disables dropout whatever the symbolic call says."""
    start = Input((6, 4, 3))
    inner = Model(start, layers.Dropout(0.5)(start))
    outer = Input((6, 4, 3))
    for model in (
        Model(start, layers.Dropout(0.5)(start, training=True)),
        Model(outer, inner(outer, training=True)),
    ):
        for again in (model, model_from_json(model.to_json())):
            assert 0 < (again(IMAGES) == 0).sum() < IMAGES.size
            np.testing.assert_array_equal(again.predict(IMAGES, verbose=0), IMAGES)
            np.testing.assert_array_equal(again(IMAGES, training=False), IMAGES)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: layers.Dense(2)(np.float32(3)),
            ArgumentError,
            "takes a batch of arrays, not a single",
        ),
        (lambda: layers.Dense(2)([IMAGES, IMAGES]), ArgumentError, "takes one tensor"),
        (lambda: layers.Add()(IMAGES), ArgumentError, "takes a list of tensors"),
        (
            lambda: layers.Add()([IMAGES, IMAGES[:2]]),
            ArgumentError,
            "need the same number of images",
        ),
        (lambda: layers.Add()([IMAGES, Input((6, 4, 3))]), ArgumentError, "only arrays, or"),
        (lambda: layers.Dense(2)(np.array(["cat"])), DataError, "must be numeric"),
        (lambda: layers.Conv2D(2, 3)(IMAGES[..., 0]), ShapeError, "an image has three axes"),
        (lambda: layers.Conv2D(2, 9)(IMAGES), ShapeError, "does not fit"),
        (lambda: network()(IMAGES[:, :5]), DataError, r"takes images of the shape \(n, 6, 4, 3"),
    ],
)
def test_inputs_that_do_not_fit_raise(call: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()


def test_inputs_of_another_shape_than_the_weights_raise() -> None:
    dense = layers.Dense(2)
    dense(np.ones((2, 3)))
    with pytest.raises(ShapeError, match="its weights are for inputs of"):
        dense(np.ones((2, 4)))


def test_a_chain_of_preprocessing_layers_takes_single_images_of_any_size() -> None:
    inner = Sequential([layers.Resizing(4, 4)])
    chain = Sequential([inner, layers.Rescaling(0.5), layers.RandomFlip()])
    for image in (IMAGES[0], np.ones((9, 7, 3), np.float32)):
        wanted = layers.Resizing(4, 4)(image) * 0.5
        assert chain(image, training=False).shape == (4, 4, 3)
        np.testing.assert_allclose(chain(image, training=False), wanted, atol=1e-6)
    assert chain.built


def test_a_chain_of_preprocessing_layers_takes_batches_of_another_size() -> None:
    chain = Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    assert chain(IMAGES).shape == IMAGES.shape
    assert chain(IMAGES[:, :3]).shape == (5, 3, 4, 3)
    with pytest.raises(DataError, match="takes images of the shape"):
        network()(IMAGES[:, :3])


def test_a_network_with_weights_takes_no_single_image() -> None:
    with pytest.raises((ArgumentError, DataError, ShapeError)):
        Sequential([layers.Resizing(4, 4), layers.Conv2D(2, 3)])(IMAGES[0])


class Flipped(layers.Layer):
    """Flip images and masks by the same draws."""

    def __init__(self) -> None:
        super().__init__()
        self.images = layers.RandomFlip(seed=3)
        self.masks = layers.RandomFlip(seed=3)

    def call(self, images: Any, masks: Any) -> Any:  # type: ignore[override]
        return self.images(images), self.masks(masks)


def test_a_custom_layer_takes_several_arrays() -> None:
    images = np.repeat(IMAGES, 8, 0)
    layer = Flipped()
    for _ in range(2):
        found, masks = layer(images, images[..., :1])
        np.testing.assert_array_equal(found[..., :1], masks)
        assert not np.array_equal(found, images)
