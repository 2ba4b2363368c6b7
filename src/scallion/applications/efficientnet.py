"""EfficientNetB0 (Tan and Le 2019), layer by layer as Keras builds it."""

import math
from typing import Any

from scallion import initializers, layers
from scallion.applications import network_inputs
from scallion.applications.channel_rounding import correct_padding
from scallion.applications.imagenet_utils import decode_predictions
from scallion.applications.pretrained_weights import keras_file
from scallion.initializers import Initializer
from scallion.layers.base.tensor import Tensor
from scallion.models import Model

_URL = "https://storage.googleapis.com/keras-applications/"
# Keras' MD5 checksums, with and without the top.
_MD5 = ("902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d")
_STDDEV = (0.229, 0.224, 0.225)
_DROP_RATE = 0.2  # of the last block's stochastic depth, and of the top

# (kernel size, repeats, filters, expansion, strides) of each stage.
_STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)


def EfficientNetB0(  # noqa: N802 (Keras' name)
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "efficientnetb0",
) -> Model:
    """Return EfficientNetB0 for images with values from 0 to 255.

    Raises ArgumentError, DownloadError, and FileError for a weights file that does not fit.
    """
    network_inputs.check_weights(weights, include_top=include_top, classes=classes)
    network_inputs.check_pooling(pooling)
    image = network_inputs.input_image(input_shape, input_tensor, weights, include_top=include_top)
    x = layers.Normalization(axis=3)(layers.Rescaling(1 / 255)(image))
    if weights == network_inputs.IMAGENET:
        # The weights were trained on images divided by the variance; Normalization divides by the
        # standard deviation.
        x = layers.Rescaling([1 / math.sqrt(stddev) for stddev in _STDDEV])(x)
    x = layers.ZeroPadding2D(correct_padding(x, 3), name="stem_conv_pad")(x)
    x = _convolution(x, 32, "stem_conv", kernel_size=3, strides=2, padding="valid")
    x = _normalized(x, "stem_bn", "stem_activation")
    number, total = 0, sum(stage[1] for stage in _STAGES)
    for stage, (kernel_size, repeats, filters, expansion, strides) in enumerate(_STAGES, 1):
        for place in range(repeats):
            block = f"block{stage}{chr(ord('a') + place)}_"
            step = strides if place == 0 else 1
            drop_rate = _DROP_RATE * number / total
            x = _block(x, block, kernel_size, filters, expansion, step, drop_rate)
            number += 1
    x = _normalized(_convolution(x, 1280, "top_conv"), "top_bn", "top_activation")
    if include_top:
        network_inputs.check_activation(classifier_activation, weights)
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dropout(_DROP_RATE, name="top_dropout")(x)
        initializer = initializers.VarianceScaling(1 / 3, "fan_out", "uniform")
        x = layers.Dense(
            classes,
            activation=classifier_activation,
            kernel_initializer=initializer,
            name="predictions",
        )(x)
    else:
        x = network_inputs.pooled(x, pooling, named=True)
    model = Model(network_inputs.source_inputs(image), x, name=name)
    if weights == network_inputs.IMAGENET:
        file = f"efficientnetb0{'' if include_top else '_notop'}.h5"
        weights = keras_file(file, _URL, _MD5[0 if include_top else 1])
    if weights is not None:
        model.load_weights(weights)
    return model


def preprocess_input(x: Any, data_format: str | None = None) -> Any:  # noqa: ARG001 (Keras' name)
    """Return `x` unchanged: the network contains its preprocessing."""
    return x


def _block(
    x: Tensor,
    name: str,
    kernel_size: int,
    filters: int,
    expansion: int,
    strides: int,
    drop_rate: float,
) -> Tensor:
    """Add an inverted residual block: expand, depthwise convolution, squeeze, project."""
    block_input, channels = x, x.image_shape[-1]
    if expansion != 1:
        x = _convolution(x, channels * expansion, f"{name}expand_conv")
        x = _normalized(x, f"{name}expand_bn", f"{name}expand_activation")
    if strides == 2:
        x = layers.ZeroPadding2D(correct_padding(x, kernel_size), name=f"{name}dwconv_pad")(x)
    x = layers.DepthwiseConv2D(
        kernel_size,
        strides=strides,
        padding="valid" if strides == 2 else "same",
        use_bias=False,
        depthwise_initializer=_kernel_initializer(),
        name=f"{name}dwconv",
    )(x)
    x = _normalized(x, f"{name}bn", f"{name}activation")
    x = _squeezed(x, max(1, channels // 4), name)
    x = _convolution(x, filters, f"{name}project_conv")
    x = layers.BatchNormalization(name=f"{name}project_bn")(x)
    if strides == 1 and channels == filters:
        if drop_rate > 0:
            x = layers.Dropout(drop_rate, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
        x = layers.Add(name=f"{name}add")([x, block_input])
    return x


def _squeezed(x: Tensor, filters: int, name: str) -> Tensor:
    """Scale each channel by a gate that depends on the means of all (Hu et al. 2018)."""
    channels = x.image_shape[-1]
    gate = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    gate = layers.Reshape((1, 1, channels), name=f"{name}se_reshape")(gate)
    for count, activation, part in (
        (filters, "swish", "se_reduce"),
        (channels, "sigmoid", "se_expand"),
    ):
        gate = layers.Conv2D(
            count,
            1,
            padding="same",
            activation=activation,
            kernel_initializer=_kernel_initializer(),
            name=f"{name}{part}",
        )(gate)
    return layers.Multiply(name=f"{name}se_excite")([x, gate])


def _convolution(
    x: Tensor,
    filters: int,
    name: str,
    kernel_size: int = 1,
    strides: int = 1,
    padding: str = "same",
) -> Tensor:
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=False,
        kernel_initializer=_kernel_initializer(),
        name=name,
    )(x)


def _normalized(x: Tensor, normalization: str, activation: str) -> Tensor:
    x = layers.BatchNormalization(name=normalization)(x)
    return layers.Activation("swish", name=activation)(x)


def _kernel_initializer() -> Initializer:
    return initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")


__all__ = ["EfficientNetB0", "decode_predictions", "preprocess_input"]
