"""MobileNetV3, small and large (Howard et al. 2019), layer by layer as Keras builds it."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scallion import layers, session
from scallion.applications import network_inputs
from scallion.applications.channel_rounding import correct_padding, rounded_channels
from scallion.applications.imagenet_utils import decode_predictions
from scallion.applications.pretrained_weights import keras_file
from scallion.layers.base.tensor import Tensor
from scallion.models import Model

_URL = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v3/"
# Keras' MD5 checksums of each file with and without the top.
_MD5 = {
    "large_224_0.75_float": (
        "765b44a33ad4005b3ac83185abf1d0eb",
        "40af19a13ebea4e2ee0c676887f69a2e",
    ),
    "large_224_1.0_float": (
        "59e551e166be033d707958cf9e29a6a7",
        "07fb09a5933dd0c8eaafa16978110389",
    ),
    "large_minimalistic_224_1.0_float": (
        "675e7b876c45c57e9e63e6d90a36599c",
        "ec5221f64a2f6d1ef965a614bdae7973",
    ),
    "small_224_0.75_float": (
        "cb65d4e5be93758266aa0a7f2c6708b7",
        "ebdb5cc8e0b497cd13a7c275d475c819",
    ),
    "small_224_1.0_float": (
        "8768d4c2e7dee89b9d02b2d03d65d862",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
    "small_minimalistic_224_1.0_float": (
        "99cd97fb2fcdad2bf028eb838de69e37",
        "cde8136e733e811080d9fcd8a252f7e4",
    ),
}

Activate = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class _Block:
    """An inverted residual block; the "wide" ones use kernel size 5 unless minimalistic."""

    expansion: float
    filters: int
    strides: int
    is_wide: bool = False
    squeezes: bool = False
    uses_relu: bool = False


_SMALL = (
    _Block(1, 16, 2, squeezes=True, uses_relu=True),
    _Block(72 / 16, 24, 2, uses_relu=True),
    _Block(88 / 24, 24, 1, uses_relu=True),
    _Block(4, 40, 2, is_wide=True, squeezes=True),
    *[_Block(6, 40, 1, is_wide=True, squeezes=True)] * 2,
    *[_Block(3, 48, 1, is_wide=True, squeezes=True)] * 2,
    _Block(6, 96, 2, is_wide=True, squeezes=True),
    *[_Block(6, 96, 1, is_wide=True, squeezes=True)] * 2,
)
_LARGE = (
    _Block(1, 16, 1, uses_relu=True),
    _Block(4, 24, 2, uses_relu=True),
    _Block(3, 24, 1, uses_relu=True),
    _Block(3, 40, 2, is_wide=True, squeezes=True, uses_relu=True),
    *[_Block(3, 40, 1, is_wide=True, squeezes=True, uses_relu=True)] * 2,
    _Block(6, 80, 2),
    _Block(2.5, 80, 1),
    *[_Block(2.3, 80, 1)] * 2,
    *[_Block(6, 112, 1, squeezes=True)] * 2,
    _Block(6, 160, 2, is_wide=True, squeezes=True),
    *[_Block(6, 160, 1, is_wide=True, squeezes=True)] * 2,
)


def MobileNetV3Small(  # noqa: N802 (Keras' name)
    input_shape: Any = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    classes: int = 1000,
    pooling: str | None = None,
    dropout_rate: float = 0.2,
    classifier_activation: Any = "softmax",
    include_preprocessing: bool = True,
    name: str = "MobileNetV3Small",
) -> Model:
    """Return MobileNetV3Small for images with values from 0 to 255.

    `minimalistic` leaves out squeeze-and-excitation, hard-swish and 5x5 kernels;
    `include_preprocessing=False` expects values from -1 to 1. Raises as MobileNetV2 does.
    """
    return _mobilenet_v3(**locals(), size="small", blocks=_SMALL, last_filters=1024)


def MobileNetV3Large(  # noqa: N802 (Keras' name)
    input_shape: Any = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    classes: int = 1000,
    pooling: str | None = None,
    dropout_rate: float = 0.2,
    classifier_activation: Any = "softmax",
    include_preprocessing: bool = True,
    name: str = "MobileNetV3Large",
) -> Model:
    """Return MobileNetV3Large for images with values from 0 to 255: see MobileNetV3Small."""
    return _mobilenet_v3(**locals(), size="large", blocks=_LARGE, last_filters=1280)


def _mobilenet_v3(
    *,
    input_shape: Any,
    alpha: float,
    minimalistic: bool,
    include_top: bool,
    weights: Any,
    input_tensor: Any,
    classes: int,
    pooling: str | None,
    dropout_rate: float,
    classifier_activation: Any,
    include_preprocessing: bool,
    name: str,
    size: str,
    blocks: tuple[_Block, ...],
    last_filters: int,
) -> Model:
    network_inputs.check_weights(weights, include_top=include_top, classes=classes)
    network_inputs.check_pooling(pooling)
    if weights == network_inputs.IMAGENET:
        allowed = (1.0,) if minimalistic else (1.0, 0.75)
        network_inputs.check_choice(
            "alpha", alpha, allowed, "there are ImageNet weights for `alpha`"
        )
    image = network_inputs.input_image(input_shape, input_tensor, weights, include_top=False)
    if weights == network_inputs.IMAGENET and image.image_shape != (224, 224, 3):
        warnings.warn(
            f"there are no weights for images of {image.image_shape}; those for (224, 224, 3) "
            "are loaded",
            stacklevel=3,
        )
    x = layers.Rescaling(1 / 127.5, -1.0)(image) if include_preprocessing else image
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")(x)
    activate: Activate = _relu if minimalistic else _hard_swish
    x = activate(_normalized(x, "conv_bn"))
    for number, block in enumerate(blocks):
        x = _block(x, number, block, alpha, minimalistic=minimalistic)
    x = layers.Conv2D(
        rounded_channels(x.image_shape[-1] * 6), 1, padding="same", use_bias=False, name="conv_1"
    )(x)
    x = activate(_normalized(x, "conv_1_bn"))
    if include_top:
        network_inputs.check_activation(classifier_activation, weights)
        filters = rounded_channels(last_filters * alpha) if alpha > 1 else last_filters
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = activate(layers.Conv2D(filters, 1, padding="same", name="conv_2")(x))
        x = layers.Dropout(dropout_rate)(x) if dropout_rate > 0 else x
        x = layers.Conv2D(classes, 1, padding="same", name="logits")(x)
        x = layers.Activation(classifier_activation or "linear", name="predictions")(
            layers.Flatten()(x)
        )
    else:
        x = network_inputs.pooled(x, pooling, named=True)
    model = Model(network_inputs.source_inputs(image), x, name=name)
    if weights == network_inputs.IMAGENET:
        weights = _keras_file(size, alpha, minimalistic=minimalistic, include_top=include_top)
    if weights is not None:
        model.load_weights(weights)
    return model


def preprocess_input(x: Any, data_format: str | None = None) -> Any:  # noqa: ARG001 (Keras' name)
    """Return `x` unchanged: the network contains its preprocessing."""
    return x


def _keras_file(size: str, alpha: float, *, minimalistic: bool, include_top: bool) -> Any:
    model = f"{size}{'_minimalistic' if minimalistic else ''}_224_{float(alpha)}_float"
    suffix = "" if include_top else "_no_top_v2"
    md5 = _MD5[model][0 if include_top else 1]
    return keras_file(f"weights_mobilenet_v3_{model}{suffix}.h5", _URL, md5)


def _block(x: Tensor, number: int, block: _Block, alpha: float, *, minimalistic: bool) -> Tensor:
    """Add an inverted residual block: expand, depthwise convolution, squeeze, project."""
    block_input, channels = x, x.image_shape[-1]
    name = f"expanded_conv_{number}_" if number else "expanded_conv_"
    filters, kernel_size = rounded_channels(block.filters * alpha), 3
    if block.is_wide and not minimalistic:
        kernel_size = 5
    activate = _relu if block.uses_relu or minimalistic else _hard_swish
    expanded = rounded_channels(channels * block.expansion)
    if number:
        x = layers.Conv2D(expanded, 1, padding="same", use_bias=False, name=f"{name}expand")(x)
        x = activate(_normalized(x, f"{name}expand_bn"))
    if block.strides == 2:
        x = layers.ZeroPadding2D(correct_padding(x, kernel_size), name=f"{name}depthwise_pad")(x)
    x = layers.DepthwiseConv2D(
        kernel_size,
        strides=block.strides,
        padding="same" if block.strides == 1 else "valid",
        use_bias=False,
        name=f"{name}depthwise",
    )(x)
    x = activate(_normalized(x, f"{name}depthwise_bn"))
    if block.squeezes and not minimalistic:
        x = _squeezed(x, expanded, f"{name}squeeze_excite_")
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project")(x)
    x = _normalized(x, f"{name}project_bn")
    if block.strides == 1 and channels == filters:
        x = layers.Add(name=f"{name}add")([block_input, x])
    return x


def _squeezed(x: Tensor, filters: int, name: str) -> Tensor:
    """Scale each channel by a gate that depends on the means of all (Hu et al. 2018)."""
    gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}avg_pool")(x)
    gate = layers.Conv2D(rounded_channels(filters * 0.25), 1, padding="same", name=f"{name}conv")(
        gate
    )
    gate = layers.ReLU(name=f"{name}relu")(gate)
    gate = layers.Conv2D(filters, 1, padding="same", name=f"{name}conv_1")(gate)
    # Keras computes ReLU(6)(gate + 3) / 6, which is the hard sigmoid, so the name is a ReLU's.
    gate = layers.Activation("hard_sigmoid", name=session.unique_name("re_lu"))(gate)
    return layers.Multiply(name=f"{name}mul")([x, gate])


def _relu(x: Tensor) -> Tensor:
    return layers.ReLU()(x)


def _hard_swish(x: Tensor) -> Tensor:
    return layers.Activation("hard_swish")(x)


def _normalized(x: Tensor, name: str) -> Tensor:
    return layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=name)(x)


__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]
