"""Cases of the layer contract: layers and arguments that are compared with Keras.

A case is a layer's name, its arguments, and the shapes of its inputs without the batch. `describe`
returns its config and shapes in the same form for `scallion` and `keras`.
"""

from dataclasses import dataclass
from typing import Any

from default_layers import SHAPE, layer_classes, usual_arguments
from scallion import layers

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A layer's name, arguments and input shapes without the batch."""

    name: str
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()
    shapes: tuple[Shape, ...] = ((9, 8, 6),)

    @property
    def title(self) -> str:
        given = [*map(repr, self.arguments), *(f"{key}={value!r}" for key, value in self.keywords)]
        return f"{self.name}({', '.join(given)}) on {' and '.join(map(str, self.shapes))}"


def case(name: str, *arguments: Any, on: Shape | list[Shape] = (9, 8, 6), **keywords: Any) -> Case:
    """Return a case from a call's arguments and the input shapes `on`."""
    shapes = tuple(on) if isinstance(on, list) else (on,)
    return Case(name, arguments, tuple(keywords.items()), shapes)


def describe(package: Any, one: Case) -> dict[str, Any]:
    """Return config, output shape, weights and parameter count of a layer, for JSON."""
    inputs = [package.Input(shape) for shape in one.shapes]
    layer = getattr(package.layers, one.name)(*one.arguments, **dict(one.keywords))
    config = layer.get_config()
    config["name"] = config["name"].rstrip("0123456789_")
    output = layer(inputs if len(inputs) > 1 else inputs[0])
    return {
        "class": type(layer).__name__,
        "config": _plain(config),
        "output": list(output.shape),
        "parameters": layer.count_params(),
        "weights": [[w.name, list(w.shape), bool(w.trainable)] for w in layer.weights],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


INITIALIZERS = {"kernel_initializer": "he_normal", "bias_initializer": "ones"}
BATCH_NORMALIZATION_INITIALIZERS = {
    "beta_initializer": "ones",
    "gamma_initializer": "random_uniform",
    "moving_mean_initializer": "random_normal",
    "moving_variance_initializer": "zeros",
}

CASES = [
    case("Dense", 5, on=(7,)),
    case("Dense", 100, on=(32, 32, 3)),
    case("Dense", 100, on=(3072,)),
    case("Dense", 4, "relu", False, on=(7,)),
    case("Dense", 3, activation="softmax", trainable=False, on=(4, 5), **INITIALIZERS),
    case("Conv2D", 32, (3, 3), on=(32, 32, 3)),
    case("Conv2D", 100, 3, use_bias=False, on=(32, 32, 3)),
    case("Conv2D", 8, [3, 2], activation="relu"),
    case("Conv2D", 8, 3, 2),
    case("Conv2D", 8, (1, 3), (2, 3), "same"),
    case("Conv2D", 8, 3, padding="SAME"),
    case("Conv2D", 8, 3, dilation_rate=2),
    case("Conv2D", 8, (2, 3), padding="same", dilation_rate=(3, 1)),
    case("Conv2D", 4, 3, groups=2, activation="tanh", **INITIALIZERS),
    case("Conv2D", 6, 9, padding="same", groups=3, trainable=False),
    case("Convolution2D", 4, 1, data_format="channels_last"),
    case("DepthwiseConv2D", 3),
    case("DepthwiseConv2D", (3, 2), (1, 2), "same", 2, activation="relu", use_bias=False),
    case("DepthwiseConv2D", 2, dilation_rate=(2, 1), depthwise_initializer="he_normal"),
    case("Conv2DTranspose", 8, 3, 2, "same"),
    case("Conv2DTranspose", 4, (2, 3), (3, 2), activation="relu", use_bias=False),
    case("Conv2DTranspose", 4, 3, 2, "same", 1, trainable=False),
    case("Convolution2DTranspose", 4, 3, 3, "valid", (0, 2), bias_regularizer="l2"),
    case("Conv2DTranspose", 5, (2, 3), dilation_rate=(2, 3), padding="same", **INITIALIZERS),
    case("SeparableConv2D", 5, 3),
    case("SeparableConv2D", 4, [1, 3], 2, "same", depth_multiplier=3, activation="tanh"),
    case("SeparableConvolution2D", 4, 2, dilation_rate=2, use_bias=False, trainable=False),
    case("Dense", 3, kernel_regularizer="l2", bias_constraint="non_neg", on=(4,)),
    case("Conv2D", 3, 2, bias_regularizer="l1", kernel_constraint="max_norm"),
    case("BatchNormalization", gamma_regularizer="l2", beta_constraint="unit_norm"),
    case("DepthwiseConv2D", 2, depthwise_regularizer="l2", bias_regularizer="L1L2"),
    case("SeparableConv2D", 2, 2, pointwise_regularizer="l2", depthwise_constraint="MinMaxNorm"),
    case("MaxPooling2D"),
    case("MaxPooling2D", 3, 2),
    case("MaxPooling2D", (2, 3), (1, 2), "same"),
    case("MaxPool2D", 4, padding="same"),
    case("AveragePooling2D", 2),
    case("AveragePooling2D", (3, 2), strides=1),
    case("AvgPool2D", 5, (3, 2), "same"),
    case("GlobalAveragePooling2D"),
    case("GlobalAvgPool2D", keepdims=True),
    case("Flatten"),
    case("Identity"),
    case("Flatten", on=(5,)),
    case("Flatten", on=()),
    case("Dropout", 0.25),
    case("Dropout", 0, seed=7, on=(4,)),
    case("Dropout", 1),
    case("Dropout", 0.5, noise_shape=(None, 1, 1, 1)),
    case("SpatialDropout2D", 0.25),
    case("SpatialDropout2D", 1.0, seed=3),
    case("GaussianNoise", 0.1),
    case("GaussianNoise", 0.5, seed=7, on=(4,)),
    case("GaussianDropout", 0.3),
    case("AlphaDropout", 0.2, seed=1, on=(4,)),
    case("BatchNormalization"),
    case("BatchNormalization", 3, 0.9, 1e-5),
    case("BatchNormalization", center=False, on=(7,)),
    case("BatchNormalization", scale=False, trainable=False),
    case("BatchNormalization", center=False, scale=False, **BATCH_NORMALIZATION_INITIALIZERS),
    case("LayerNormalization"),
    case("LayerNormalization", [1, 2, 3], center=False, gamma_initializer="zeros"),
    case("LayerNormalization", (3, 1), 1e-5, scale=False, beta_regularizer="l1"),
    case("UnitNormalization"),
    case("UnitNormalization", (1, 2)),
    case("UnitNormalization", axis=1, on=(7,)),
    case("LayerNormalization", 1, on=(7,), center=False, scale=False),
    case("GroupNormalization", 3),
    case("GroupNormalization", -1, epsilon=1e-5, scale=False),
    case("GroupNormalization", 1, 3, center=False, gamma_constraint="non_neg"),
    case("GroupNormalization", 2, on=(8,)),
    case("Add", on=[(3, 3, 2), (3, 3, 2)]),
    case("Add", on=[(4,), (4,), (4,)]),
    case("Add", on=[(3, 3, 2), (3, 1, 2)]),
    case("Average", on=[(3, 3, 2), (3, 3, 2)]),
    case("Maximum", on=[(4,), (4,), (4,)]),
    case("Minimum", on=[(3, 3, 2), (1, 1, 2)]),
    case("Multiply", on=[(3, 3, 2), (1, 1, 2)]),
    case("Subtract", on=[(3, 3, 2), (3, 3, 1)]),
    case("Concatenate", on=[(3, 3, 2), (3, 3, 5)]),
    case("Concatenate", axis=1, on=[(4,), (5,), (1,)]),
    case("Concatenate", -2, on=[(3, 4, 2), (3, 1, 2)]),
    case("Reshape", (4, 12, 9)),
    case("Reshape", [-1, 6], on=(3, 4, 2)),
    case("Reshape", (1,), on=()),
    case("Permute", (2, 1, 3)),
    case("Permute", [3, 1, 2]),
    case("Permute", (1,), on=(4,)),
    case("ZeroPadding2D"),
    case("ZeroPadding2D", 2),
    case("ZeroPadding2D", (0, 3)),
    case("ZeroPadding2D", ((1, 0), (2, 3))),
    case("Cropping2D"),
    case("Cropping2D", (1, 2)),
    case("Cropping2D", [[1, 0], [2, 1]]),
    case("UpSampling2D"),
    case("UpSampling2D", (1, 3), interpolation="nearest"),
    case("UpSampling2D", 3, interpolation="bilinear"),
    case("GlobalMaxPooling2D"),
    case("GlobalMaxPool2D", keepdims=True),
    case("Normalization"),
    case("Normalization", axis=None, invert=True, on=(7,)),
    case("Normalization", mean=[1.0, 2.0, 3.0], variance=[4.0, 5.0, 6.0], on=(5, 4, 3)),
    case("Normalization", (1, -1), 0.5, 2.0),
    case("Resizing", 4, 12),
    case("Resizing", 6, 6, "nearest", pad_to_aspect_ratio=True, fill_value=0.5),
    case("Resizing", 5, 4, "bicubic"),
    case("UpSampling2D", 2, interpolation="bicubic"),
    case("Resizing", 3, 3, crop_to_aspect_ratio=True, antialias=True),
    case("CenterCrop", 4, 5),
    case("CenterCrop", 12, 3),
    case("RandomFlip"),
    case("RandomFlip", "horizontal", seed=3),
    case("RandomCrop", 4, 5, seed=1),
    case("RandomCrop", 12, 3, seed=2),
    case("RandomTranslation", 0.1, (-0.2, 0.3)),
    case("RandomTranslation", -0.1, 0, "constant", "nearest", 4, 0.5),
    case("RandomRotation", 0.1),
    case("RandomRotation", (-0.2, 0.3), fill_mode="wrap"),
    case("RandomZoom", 0.2),
    case("RandomZoom", (-0.3, -0.1), 0.5, "nearest"),
    case("RandomContrast", 0.2),
    case("RandomContrast", (0.1, 0.3), (0, 1), 7),
    case("RandomBrightness", 0.3),
    case("RandomBrightness", (0.3, -0.1), value_range=(1, -1)),
    case("RandomErasing"),
    case("RandomErasing", (0.5, 1.0), 0.1, [0.1, 0.2, 0.3], (0, 1), on=(6, 6, 3)),
    case("Activation", "relu"),
    case("Activation", "sigmoid", on=(4,)),
    case("Activation", None),
    case("Activation", "gelu"),
    case("Activation", "swish"),
    case("Dense", 3, "hard_swish", on=(4,)),
    case("LeakyReLU"),
    case("LeakyReLU", 0.1, on=(4,)),
    case("ELU", alpha=0.5),
    case("PReLU"),
    case("PReLU", shared_axes=[1, 2], alpha_initializer="ones"),
    case("ReLU"),
    case("ReLU", 6.0),
    case("ReLU", negative_slope=0.1, threshold=0.5),
    case("Softmax", on=(10,)),
    case("Softmax", axis=1),
    case("Rescaling", 0.5),
    case("Rescaling", 1 / 127.5, offset=-1, on=(28, 28)),
    case("Rescaling", [0.5, 1.0, 2.0], offset=[0.0, -1.0, 3.0], on=(5, 7, 3)),
]


def _default_cases() -> list[Case]:
    """Return a case for each layer that has none above: its usual arguments."""
    covered = {getattr(layers, one.name) for one in CASES}
    missing = [kind for kind in layer_classes() if kind not in covered]
    cases: list[Case] = []
    for kind in missing:
        arguments = usual_arguments(kind)
        inputs = 2 if kind(*arguments).spec.takes_list else 1
        cases.append(Case(kind.__name__, arguments, shapes=(SHAPE,) * inputs))
    return cases


CASES += _default_cases()
