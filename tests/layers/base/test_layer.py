"""The base class of layers: name, weights, calls and attributes."""

import copy
import threading

import numpy as np
import pytest

import scallion
from scallion import layers
from scallion.errors import (
    ArgumentError,
    ShapeError,
    StateError,
    UnknownAttributeError,
)
from scallion.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    ReLU,
)


def test_automatic_names_match_keras() -> None:
    # Printed by Keras 3.15 for the same layers in a fresh session.
    made = [
        Input((4,)).node.layer, Input((4,)).node.layer, Dense(1), Dense(1), Conv2D(1, 1), ReLU(),
        MaxPooling2D(), layers.MaxPool2D(), layers.GlobalAvgPool2D(), BatchNormalization(),
        Activation("relu"), layers.AvgPool2D(2), layers.Convolution2D(1, 1), layers.Rescaling(1),
        layers.Softmax(), layers.Dropout(0.1), Add(), Flatten(),
    ]  # fmt: skip
    assert [layer.name for layer in made] == [
        "input_layer", "input_layer_1", "dense", "dense_1", "conv2d", "re_lu",
        "max_pooling2d", "max_pooling2d_1", "global_average_pooling2d", "batch_normalization",
        "activation", "average_pooling2d", "conv2d_1", "rescaling",
        "softmax", "dropout", "add", "flatten",
    ]  # fmt: skip


def test_a_given_name_is_not_counted() -> None:
    assert [Dense(1, name="head").name, Dense(1).name, Dense(1, name=None).name] == [
        "head",
        "dense",
        "dense_1",
    ]


def test_clear_session_restarts_names() -> None:
    Dense(1)
    scallion.utils.clear_session()
    assert Dense(1).name == "dense"
    scallion.backend.clear_session()
    assert Dense(1).name == "dense"


def test_parameter_counts_of_the_lesson() -> None:
    """Question 1: 307,300; without Flatten 400. Question 2: 2,700."""
    image = Input((32, 32, 3))
    dense = Dense(100)
    dense(Flatten()(image))
    assert dense.arithmetic() == "3072*100 + 100 = 307300"
    straight = Dense(100)
    straight(image)
    assert straight.arithmetic() == "3*100 + 100 = 400"
    kernels = Conv2D(100, 3, use_bias=False)
    kernels(image)
    assert kernels.arithmetic() == "3*3*3*100 = 2700"


def test_dense_on_an_image_has_a_note() -> None:
    spec = Dense(100).spec
    assert spec.note((32, 32, 3)) == (
        "Dense applies to the last axis only: 3 values in, 100 out, with the same weights at each "
        "of 32*32 positions. After a Flatten: 3072*100 + 100 = 307300"
    )
    assert spec.note((3072,)) == ""


def test_multiply_adds_are_counted() -> None:
    # 30*30 positions of 3*3*3*32 products; 32*32 positions of 3*100; 512*32.
    assert Conv2D(32, 3).spec.macs((32, 32, 3)) == 30 * 30 * 3 * 3 * 3 * 32
    assert Conv2D(4, 3, groups=2, strides=2).spec.macs((9, 9, 6)) == 4 * 4 * 3 * 3 * 3 * 4
    assert Dense(100).spec.macs((32, 32, 3)) == 32 * 32 * 3 * 100
    assert Dense(32).spec.macs((512,)) == 512 * 32
    assert BatchNormalization().spec.macs((4, 4, 8)) == 128
    assert MaxPooling2D().spec.macs((8, 8, 3)) == 0


def test_fields_and_weights_are_attributes() -> None:
    conv = Conv2D(8, 3, activation="relu")
    assert (conv.filters, conv.kernel_size, conv.activation) == (8, (3, 3), "relu")
    conv(Input((8, 8, 3)))
    assert conv.kernel.shape == (3, 3, 3, 8)
    assert conv.bias is conv.weights[1]
    assert conv.path == "conv2d"
    assert conv.kernel.path == "conv2d/kernel"


def test_weights_do_not_exist_before_the_shape() -> None:
    with pytest.raises(UnknownAttributeError, match="a Dense layer has no attribute 'kernel'"):
        _ = Dense(3).kernel
    assert not hasattr(Dense(3), "kernel")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("input_shape", "did you mean layer.input.shape?"),
        ("output_shape", "did you mean layer.output.shape?"),
        ("weight", "did you mean layer.weights?"),
        ("unit", "did you mean layer.units?"),
        ("xyz", "see dir(layer)"),
    ],
)
def test_an_unknown_attribute_suggests_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(Dense(3), name)
    assert str(caught.value) == f"a Dense layer has no attribute {name!r}\nhint: {hint}"


def test_a_layer_can_be_copied() -> None:
    dense = Dense(3, name="head")
    dense(Input((2,)))
    again = copy.deepcopy(dense)
    again.set_weights([np.ones((2, 3)), np.ones(3)])
    assert again.name == "head"
    assert not (dense.kernel.value == 1).all()


@pytest.mark.parametrize(
    ("received", "hint"),
    [
        ("images", r"x = scallion.Input"),
        (None, r"x = scallion.Input"),
        (Dense(2), r"call the inner layer too: Dense\(...\)\(Dense\(...\)\(x\)\)"),
    ],
    ids=["text", "nothing", "layer"],
)
def test_other_inputs_are_refused_with_a_hint(received: object, hint: str) -> None:
    with pytest.raises(ArgumentError, match=rf"Received: {type(received).__name__}\nhint: {hint}"):
        Dense(3)(received)


def test_a_layer_of_one_input_refuses_two() -> None:
    x = Input((4,))
    with pytest.raises(ArgumentError, match=r"\(Dense\) takes one tensor. Received: 2\nhint: Add"):
        Dense(3)([x, x])
    assert Dense(3)([x]).shape == (None, 3)


def test_a_merging_layer_requires_a_list() -> None:
    x = Input((4,))
    with pytest.raises(
        ArgumentError, match=r"takes a list of tensors. Received: one tensor\nhint: A"
    ):
        Add()(x)
    with pytest.raises(ArgumentError, match="Received: an empty list"):
        Add()([])
    assert Add()([x]).shape == Add()((x, x)).shape == (None, 4)


def test_input_and_output_need_exactly_one_call() -> None:
    x = Input((8, 8, 3))
    conv = Conv2D(4, 3)
    with pytest.raises(StateError, match="was called 0 times"):
        _ = conv.output
    y = conv(x)
    assert conv.input is x
    assert conv.output is y
    assert conv.input.shape == (None, 8, 8, 3)
    conv(x)
    with pytest.raises(StateError, match=r"was called 2 times.*\nhint: keep the tensor"):
        _ = conv.input
    add = Add()
    add([x, x])
    assert add.input == [x, x]


def test_parameter_counts_need_an_input_shape() -> None:
    dense = Dense(3)
    for count in (dense.count_params, dense.arithmetic):
        with pytest.raises(
            StateError, match=r"hint: call it .* dense.build\(\(None, 32, 32, 3\)\)"
        ):
            count()
    assert dense.get_weights() == []
    dense.build((None, 5))
    assert dense.count_params() == 18


@pytest.mark.parametrize("shape", [5, (), (None, 5, None), "ab", (None, 0), [], [(None, 3), 4]])
def test_build_refuses_invalid_shapes(shape: object) -> None:
    with pytest.raises(ArgumentError, match=r"hint: \(None, 32, 32, 3\)"):
        Dense(3).build(shape)


def test_weights_are_set_completely_or_not_at_all() -> None:
    dense = Dense(2)
    dense.build((None, 3))
    before = dense.get_weights()
    with pytest.raises(ArgumentError, match=r"has 2 weights. Received: 1 arrays"):
        dense.set_weights([np.ones((3, 2))])
    with pytest.raises(
        ShapeError, match=r"weight 'dense/bias' has the shape \(2,\). Received: \(3,\)"
    ):
        dense.set_weights([np.ones((3, 2)), np.ones(3)])
    assert all((a == b).all() for a, b in zip(before, dense.get_weights(), strict=True))
    with pytest.raises(
        ShapeError, match=r"'dense/kernel' has the shape \(3, 2\). Received: \(2,\)"
    ):
        dense.kernel.assign(np.ones(2))


def test_get_weights_returns_copies() -> None:
    dense = Dense(2)
    dense.build((None, 3))
    dense.get_weights()[0][:] = 7
    assert not (dense.kernel.value == 7).any()
    assert np.asarray(dense.kernel).shape == (3, 2)
    assert repr(dense.kernel) == "<Variable path=dense/kernel, shape=(3, 2), dtype=float32>"


def test_moving_statistics_are_not_trainable() -> None:
    norm = BatchNormalization()
    norm.build((None, 4, 4, 3))
    assert [w.name for w in norm.trainable_weights] == ["gamma", "beta"]
    assert [w.name for w in norm.non_trainable_weights] == ["moving_mean", "moving_variance"]
    norm.trainable = False
    assert norm.trainable_weights == []
    norm.trainable = True
    assert [w.name for w in norm.trainable_weights] == ["gamma", "beta"]
    with pytest.raises(ArgumentError, match="Received: trainable=0"):
        norm.trainable = 0


def test_one_weight_can_be_frozen() -> None:
    dense = Dense(2)
    dense.build((None, 3))
    dense.kernel.trainable = False
    assert dense.trainable_weights == [dense.bias]
    assert dense.weights == [dense.kernel, dense.bias]


def test_same_seed_gives_same_initial_weights() -> None:
    def initial() -> np.ndarray:
        scallion.utils.set_random_seed(5)
        first, second = Dense(4), Dense(4)
        first.build((None, 6))
        second.build((None, 6))
        # The order in which they are read does not matter.
        return np.stack([second.kernel.numpy(), first.kernel.numpy()])

    one, two = initial(), initial()
    assert (one == two).all()
    assert not (one[0] == one[1]).any()


def test_input_shape_argument_builds_a_sequential() -> None:
    assert Dense(3, input_shape=(4,)).declared_shape == (4,)
    assert Dense(3, input_dim=4).declared_shape == (4,)
    assert Dense(3).declared_shape is None
    model = scallion.Sequential([Dense(3, input_shape=(4,)), Dense(2)])
    assert model.output_shape == (None, 2)
    assert model.count_params() == 15 + 8


def test_an_activation_of_a_tensor_is_a_layer() -> None:
    y = scallion.activations.relu(Dense(3)(Input((4,))))
    assert isinstance(y.node.layer, Activation)
    assert y.node.layer.spec.activation == "relu"


def test_a_tensor_shows_its_layer() -> None:
    y = GlobalAveragePooling2D()(Input((8, 8, 3), batch_size=2))
    assert repr(y) == "<Tensor shape=(2, 3), from layer 'global_average_pooling2d'>"
    assert (y.name, y.dtype, y.ndim) == ("global_average_pooling2d", "float32", 2)
    assert repr(y.node.layer) == (
        "<GlobalAveragePooling2D name=global_average_pooling2d, built=True>"
    )


def test_input_accepts_a_batch_size() -> None:
    assert Input(batch_shape=(None, 8, 8, 3)).shape == (None, 8, 8, 3)
    assert Input(batch_shape=(4, 8)).shape == Input((8,), batch_size=4).shape == (4, 8)
    config = Input((8,), 4, name="images").node.layer.get_config()
    # As Keras 3.15 gives it.
    assert config == {
        "batch_shape": (4, 8),
        "dtype": "float32",
        "sparse": False,
        "ragged": False,
        "optional": False,
        "name": "images",
    }
    assert layers.InputLayer.from_config(config).output.shape == (4, 8)


def test_weights_are_drawn_once_with_many_threads() -> None:
    dense = Dense(50)
    dense.build((None, 400))
    seen: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: seen.append(dense.kernel.value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(array) for array in seen}) == 1
