"""MobileNetV2 (Sandler et al. 2018), layer by layer as Keras builds it."""

import warnings
from typing import Any

from scallion import layers
from scallion.applications import imagenet_utils, network_inputs
from scallion.applications.channel_rounding import correct_padding, rounded_channels
from scallion.applications.imagenet_utils import decode_predictions
from scallion.applications.pretrained_weights import keras_file
from scallion.layers.base.tensor import Tensor
from scallion.models import Model

_URL = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
_SIZES = (96, 128, 160, 192, 224)
_ALPHAS = (0.35, 0.50, 0.75, 1.0, 1.3, 1.4)

# (filters, strides, expansion) of each block.
_BLOCKS = (
    (16, 1, 1),
    (24, 2, 6), (24, 1, 6),
    (32, 2, 6), (32, 1, 6), (32, 1, 6),
    (64, 2, 6), (64, 1, 6), (64, 1, 6), (64, 1, 6),
    (96, 1, 6), (96, 1, 6), (96, 1, 6),
    (160, 2, 6), (160, 1, 6), (160, 1, 6),
    (320, 1, 6),
)  # fmt: skip


def MobileNetV2(  # noqa: N802 (Keras' name)
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """Return MobileNetV2 for images with values from -1 to 1, as `preprocess_input` returns them.

    `alpha` scales the number of filters. `weights="imagenet"` uses Keras' file. Raises
    ArgumentError, DownloadError, and FileError for a weights file that does not fit.
    """
    network_inputs.check_weights(weights, include_top=include_top, classes=classes)
    network_inputs.check_pooling(pooling)
    sides = _sides(input_shape, input_tensor)
    size = sides[0] if sides[0] == sides[1] and sides[0] in _SIZES else 224
    image = network_inputs.input_image(
        input_shape, input_tensor, weights, include_top=include_top, default_size=size
    )
    rows = _check_pretrained(weights, alpha, sides, image)
    x = layers.Conv2D(
        rounded_channels(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1"
    )(image)
    x = layers.ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    for number, (filters, strides, expansion) in enumerate(_BLOCKS):
        x = _block(x, number, rounded_channels(int(filters * alpha)), strides, expansion)
    last = rounded_channels(1280 * alpha) if alpha > 1 else 1280
    x = layers.Conv2D(last, 1, use_bias=False, name="Conv_1")(x)
    x = layers.ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))
    if include_top:
        network_inputs.check_activation(classifier_activation, weights)
        x = layers.GlobalAveragePooling2D()(x)
        x = layers.Dense(classes, activation=classifier_activation, name="predictions")(x)
    else:
        x = network_inputs.pooled(x, pooling)
    model = Model(
        network_inputs.source_inputs(image), x, name=name or f"mobilenetv2_{alpha:0.2f}_{rows}"
    )
    if weights == network_inputs.IMAGENET:
        suffix = "" if include_top else "_no_top"
        file = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{rows}{suffix}.h5"
        weights = keras_file(file, _URL)
    if weights is not None:
        model.load_weights(weights)
    return model


def preprocess_input(x: Any, data_format: str | None = None) -> Any:
    """Return images with values from 0 to 255 scaled to -1..1; float arrays change in place."""
    return imagenet_utils.preprocess_input(x, data_format=data_format, mode="tf")


def _sides(input_shape: Any, input_tensor: Any) -> tuple[Any, Any]:
    """Return the height and width that were given, or (None, None)."""
    shape = getattr(input_tensor, "image_shape", input_shape)
    return (shape[0], shape[1]) if shape is not None and len(shape) == 3 else (None, None)


def _check_pretrained(weights: Any, alpha: float, sides: tuple[Any, Any], image: Tensor) -> int:
    """Return the rows in the names of model and file; warn where no weights have that size."""
    if weights != network_inputs.IMAGENET:
        return sides[0] if sides[0] is not None else image.image_shape[0]
    network_inputs.check_choice("alpha", alpha, _ALPHAS, "there are ImageNet weights for `alpha`")
    height, width = image.image_shape[:2]
    if height == width and height in _SIZES:
        return height
    warnings.warn(
        f"there are no weights for images of {height}x{width}; those for 224x224 are loaded",
        stacklevel=3,
    )
    return 224


def _block(x: Tensor, number: int, filters: int, strides: int, expansion: int) -> Tensor:
    """Add an inverted residual block: expand, depthwise convolution, project."""
    block_input, channels = x, x.image_shape[-1]
    name = f"block_{number}_" if number else "expanded_conv_"
    if number:
        x = layers.Conv2D(
            expansion * channels, 1, padding="same", use_bias=False, name=f"{name}expand"
        )(x)
        x = layers.ReLU(6.0, name=f"{name}expand_relu")(_normalized(x, f"{name}expand_BN"))
    if strides == 2:
        x = layers.ZeroPadding2D(correct_padding(x, 3), name=f"{name}pad")(x)
    x = layers.DepthwiseConv2D(
        3,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        name=f"{name}depthwise",
    )(x)
    x = layers.ReLU(6.0, name=f"{name}depthwise_relu")(_normalized(x, f"{name}depthwise_BN"))
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}project")(x)
    x = _normalized(x, f"{name}project_BN")
    if channels == filters and strides == 1:
        x = layers.Add(name=f"{name}add")([block_input, x])
    return x


def _normalized(x: Tensor, name: str) -> Tensor:
    return layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=name)(x)


__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]
