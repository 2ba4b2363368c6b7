"""EfficientNet-Lite0: EfficientNet without squeeze-and-excitation, with ReLU6 (Liu et al. 2020).

Its weights are in the package. Keras has no such network; the names follow its EfficientNetB0.
"""

from typing import Any

from scallion import layers
from scallion.applications import network_inputs
from scallion.applications.imagenet_utils import decode_predictions
from scallion.applications.pretrained_weights import LITE0
from scallion.layers.base.tensor import Tensor
from scallion.models import Model

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


def EfficientNetLite0(  # noqa: N802 (Keras' style of names)
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str = "efficientnet_lite0",
) -> Model:
    """Return EfficientNet-Lite0 for RGB images with values from 0 to 255.

    The arguments are those of Keras' networks. `weights="imagenet"` needs no download. Raises
    ArgumentError, and FileError for a weights file that does not fit.
    """
    network_inputs.check_weights(weights, include_top=include_top, classes=classes)
    network_inputs.check_pooling(pooling)
    image = network_inputs.input_image(input_shape, input_tensor, weights, include_top=include_top)
    x = layers.Rescaling(1 / 128, -127 / 128)(image)
    x = _convolution(x, 32, "stem_conv", kernel_size=3, strides=2)
    x = _normalized(x, "stem_bn", "stem_activation")
    for stage, (kernel_size, repeats, filters, expansion, strides) in enumerate(_STAGES, 1):
        for place in range(repeats):
            block = f"block{stage}{chr(ord('a') + place)}_"
            x = _block(x, block, kernel_size, filters, expansion, strides if place == 0 else 1)
    x = _normalized(_convolution(x, 1280, "top_conv"), "top_bn", "top_activation")
    if include_top:
        network_inputs.check_activation(classifier_activation, weights)
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dropout(0.2, name="top_dropout")(x)
        x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    else:
        x = network_inputs.pooled(x, pooling, named=True)
    model = Model(network_inputs.source_inputs(image), x, name=name)
    if weights == network_inputs.IMAGENET:
        LITE0.load_into(network_inputs.layers_after(image, model.layers))
    elif weights is not None:
        model.load_weights(weights)
    return model


def preprocess_input(x: Any, data_format: str | None = None) -> Any:  # noqa: ARG001 (Keras' name)
    """Return `x` unchanged: the network contains its preprocessing, (x - 127) / 128."""
    return x


def _block(
    x: Tensor, name: str, kernel_size: int, filters: int, expansion: int, strides: int
) -> Tensor:
    """Add an inverted residual block: expand, depthwise convolution, project."""
    block_input, channels = x, x.image_shape[-1]
    if expansion != 1:
        x = _convolution(x, channels * expansion, f"{name}expand_conv")
        x = _normalized(x, f"{name}expand_bn", f"{name}expand_activation")
    x = layers.DepthwiseConv2D(
        kernel_size, strides=strides, padding="same", use_bias=False, name=f"{name}dwconv"
    )(x)
    x = _normalized(x, f"{name}bn", f"{name}activation")
    x = _convolution(x, filters, f"{name}project_conv")
    x = layers.BatchNormalization(name=f"{name}project_bn")(x)
    if strides == 1 and channels == filters:
        x = layers.Add(name=f"{name}add")([x, block_input])
    return x


def _convolution(
    x: Tensor, filters: int, name: str, kernel_size: int = 1, strides: int = 1
) -> Tensor:
    return layers.Conv2D(
        filters, kernel_size, strides=strides, padding="same", use_bias=False, name=name
    )(x)


def _normalized(x: Tensor, normalization: str, activation: str) -> Tensor:
    return layers.ReLU(6.0, name=activation)(layers.BatchNormalization(name=normalization)(x))


__all__ = ["EfficientNetLite0", "decode_predictions", "preprocess_input"]
