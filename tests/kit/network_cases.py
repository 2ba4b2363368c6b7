"""`CASES`: small networks with every layer and option, which the engines are compared on."""

from collections.abc import Callable
from functools import partial
from typing import Any

from convolution_cases import CONVOLUTIONS
from networks import Link, Shape, chain, layer, probe
from operation_cases import OPERATIONS_ON_TENSORS
from scallion import activations, layers, regularizers
from whole_network_cases import WHOLE_NETWORKS, Case


def _row_normalizations() -> list[Case]:
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "": ("LayerNormalization", {}),
        " over the image": ("LayerNormalization", {"axis": (1, 2, 3)}),
        " over rows": ("LayerNormalization", {"axis": 1}),
        " over two axes": ("LayerNormalization", {"axis": (-1, 1), "epsilon": 0.1}),
        " no center": ("LayerNormalization", {"center": False}),
        " no scale": ("LayerNormalization", {"axis": [1, 2], "scale": False}),
        " alone": ("LayerNormalization", {"scale": False, "center": False}),
        " of vectors": ("UnitNormalization", {}),
        " over pixels": ("UnitNormalization", {"axis": [1, 2]}),
        " over every second axis": ("UnitNormalization", {"axis": (-1, 1)}),
        " of 2": ("GroupNormalization", {"groups": 2}),
        " of 1": ("GroupNormalization", {"groups": 1, "center": False}),
        " of each": ("GroupNormalization", {"groups": -1, "scale": False, "epsilon": 0.5}),
        " without weights": ("GroupNormalization", {"groups": 3, "scale": False, "center": False}),
    }
    cases = [
        Case(f"{kind}{name}", probe((5, 4, 6), layer(kind, **options)))
        for name, (kind, options) in kinds.items()
    ]
    after = [_conv(6, 3), layer("GroupNormalization", 2), layer("ReLU"), _dense(4)]
    return [
        *cases,
        Case("LayerNormalization of rows", chain((20,), layer("LayerNormalization"), _dense(4))),
        Case("GroupNormalization of rows", chain((6,), layer("GroupNormalization", 2), _dense(4))),
        Case("GroupNormalization in a network", chain((7, 6, 3), *after)),
    ]


def _poolings() -> list[Case]:
    shapes = {
        "2x2": ((6, 8, 3), {}),
        "2x2 on odd sides": ((7, 5, 3), {}),
        "2x2 same on odd sides": ((7, 5, 3), {"padding": "same"}),
        "3x3": ((7, 9, 2), {"pool_size": 3}),
        "3x3 strides 1 same": ((5, 7, 3), {"pool_size": 3, "strides": 1, "padding": "same"}),
        "3x3 strides 2": ((7, 8, 3), {"pool_size": 3, "strides": 2}),
        "3x3 strides 2 same": ((8, 7, 3), {"pool_size": 3, "strides": 2, "padding": "same"}),
        "2x3 strides (3, 1)": ((7, 7, 2), {"pool_size": (2, 3), "strides": (3, 1)}),
        "4x4 same on 3x3": ((3, 3, 2), {"pool_size": 4, "padding": "same"}),
        "1x1": ((3, 5, 2), {"pool_size": 1}),
        "2x2 with 33 channels": ((5, 5, 33), {}),
    }
    return [
        Case(f"{kind} {name}", probe(shape, layer(kind, **options)))
        for kind in ("MaxPooling2D", "AveragePooling2D")
        for name, (shape, options) in shapes.items()
    ]


# Activations without a case of their own.
ACTIVATIONS = (
    "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "leaky_relu", "log_softmax", "mish",
    "relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "tanh",
)  # fmt: skip

_dense = partial(layer, "Dense")
_norm = partial(layer, "BatchNormalization")
_relu = partial(layer, "ReLU")
_dropout = partial(layer, "Dropout")
_conv = partial(layer, "Conv2D")
_depthwise_layer = partial(layer, "DepthwiseConv2D")
_separable = partial(layer, "SeparableConv2D")


def _on_images() -> list[Case]:
    relu = layer("Activation", "relu")
    networks: dict[str, list[Callable[[], Link]]] = {
        "GlobalAveragePooling2D": [layer("GlobalAveragePooling2D")],
        "GlobalAveragePooling2D keepdims": [layer("GlobalAveragePooling2D", keepdims=True)],
        "Flatten": [layer("Flatten"), _dense(3)],
        "Dense on an image": [_dense(7, activation="relu")],
        "Activation relu": [relu],
        "Activation softmax": [layer("Activation", "softmax")],
        "Activation linear": [layer("Activation", "linear")],
        **{f"Activation {name}": [layer("Activation", name)] for name in ACTIVATIONS},
        **{f"Conv2D {name}": [_conv(4, 2, activation=name)] for name in ("silu", "relu6", "mish")},
        "LeakyReLU": [layer("LeakyReLU")],
        "ELU": [layer("ELU", 0.7)],
        "PReLU": [layer("PReLU")],
        "PReLU per channel": [layer("PReLU", shared_axes=[1, 2]), _conv(2, 2)],
        "PReLU per row": [layer("PReLU", shared_axes=[2, 3]), _conv(2, 2)],
        "PReLU of one": [layer("PReLU", shared_axes=[1, 2, 3])],
        "ReLU": [_relu()],
        "ReLU with a limit": [_relu(max_value=0.5)],
        "ReLU with a negative slope": [_relu(negative_slope=0.2)],
        "ReLU with a threshold": [_relu(threshold=0.3)],
        "ReLU with all": [_relu(max_value=0.8, negative_slope=0.1, threshold=0.2)],
        "Softmax": [layer("Softmax")],
        "Softmax over rows": [layer("Softmax", axis=1)],
        "Softmax over the image": [layer("Softmax", axis=(1, 2))],
        "Rescaling": [layer("Rescaling", 1 / 3, offset=-0.25)],
        "Dropout": [_dropout(0.4)],
        "Dropout of 0": [_dropout(0.0)],
        "Dropout of whole images": [_dropout(0.4, noise_shape=(None, 1, 1, 1)), _conv(2, 2)],
        "Dropout of rows": [_dropout(0.4, noise_shape=(None, None, 1, 1)), _conv(2, 2)],
        "Dropout with a seed": [_dropout(0.7, seed=5)],
        "SpatialDropout2D": [layer("SpatialDropout2D", 0.4), _conv(2, 2)],
        "SpatialDropout2D of 1": [layer("SpatialDropout2D", 1.0), _conv(2, 2)],
        "GaussianNoise": [layer("GaussianNoise", 0.3), _conv(2, 2)],
        "GaussianDropout with a seed": [layer("GaussianDropout", 0.4, seed=2**63), _conv(2, 2)],
        "AlphaDropout": [layer("AlphaDropout", 0.3), _conv(2, 2)],
        "gelu by tanh": [_gelu],
        "BatchNormalization": [_norm()],
        "BatchNormalization with options": [_norm(momentum=0.6, epsilon=0.1)],
        "BatchNormalization no center": [_norm(center=False)],
        "BatchNormalization no scale": [_norm(scale=False)],
        "BatchNormalization frozen": [_frozen_normalization],
        "BatchNormalization, relu, pool": [_norm(), relu, layer("MaxPooling2D")],
        "Conv2D, BatchNormalization, relu": [_conv(5, 3, use_bias=False), _norm(), relu],
        "DepthwiseConv2D, BatchNormalization, relu": [
            _depthwise_layer(3, padding="same"),
            _norm(),
            relu,
        ],
        "DepthwiseConv2D, relu": [_depthwise_layer(3, use_bias=False), relu],
        "SeparableConv2D, BatchNormalization, relu": [_separable(4, 3), _norm(), relu],
        "penalties": [
            _conv(5, 3, kernel_regularizer="l2", bias_regularizer="l1"),
            _norm(gamma_regularizer=regularizers.L1L2(0.02, 0.3)),
            _depthwise_layer(2, depthwise_regularizer="l1"),
        ],
        "Conv2D, relu, pool": [_conv(5, 3, activation="relu"), layer("MaxPooling2D")],
        "Conv2D, pool, relu": [_conv(5, 3), layer("MaxPooling2D"), relu],
    }
    return [Case(name, probe((5, 7, 3), *links)) for name, links in networks.items()]


def _on_vectors() -> list[Case]:
    networks: dict[str, tuple[Shape, list[Callable[[], Link]]]] = {
        "Dense": ((7,), [_dense(33), _dense(5)]),
        "Dense of 1 on 1": ((1,), [_dense(1), _dense(3)]),
        "Dense relu": ((33,), [_dense(17, activation="relu"), _dense(7)]),
        "Dense softmax": ((7,), [_dense(5, activation="softmax"), _dense(4)]),
        "Dense sigmoid": ((7,), [_dense(9, activation="sigmoid"), _dense(4)]),
        "Dense tanh": ((7,), [_dense(9, activation="tanh"), _dense(4)]),
        "Dense no bias": ((7,), [_dense(5, use_bias=False), _dense(3, use_bias=False)]),
        "Dense with penalties": ((700,), [_dense(101, kernel_regularizer="l2"), _dense(7)]),
        "Dense with many weights": ((700,), [_dense(101), _dense(7)]),
        "Dropout twice": ((33,), [_dropout(0.3), _dense(17), _dropout(0.5)]),
        "BatchNormalization of rows": ((7,), [_dense(5), _norm(), _dense(3)]),
        "Rescaling first": ((5, 7, 3), [layer("Rescaling", 2.0), _conv(3, 3)]),
        "Rescaling of channels first": (
            (5, 7, 3),
            [layer("Rescaling", [0.5, 1.0, 2.0], offset=[0.0, -1.0, 3.0]), _conv(3, 3)],
        ),
        "Rescaling of channels": (
            (5, 7, 3),
            [_conv(3, 3), layer("Rescaling", [0.5, 1.0, 2.0], offset=0.5), _conv(2, 2)],
        ),
    }
    return [Case(name, chain(shape, *links)) for name, (shape, links) in networks.items()]


def _merged(kind: str, *others: Callable[[], Link], **options: Any) -> Callable[[], Link]:
    """Return a function that merges an image and the outputs of other layers on it."""

    def make() -> Link:
        links = [other() for other in others]
        return lambda x: getattr(layers, kind)(**options)([x, *(link(x) for link in links)])

    return make


def _merges() -> list[Case]:
    same, mean = _conv(3, 3, padding="same"), layer("GlobalAveragePooling2D", keepdims=True)
    column = _conv(3, (5, 1))
    kinds = ("Add", "Average", "Maximum", "Minimum", "Multiply")
    cases = {
        **{f"{kind} of two": _merged(kind, same) for kind in (*kinds, "Subtract")},
        **{f"{kind} of three": _merged(kind, same, same) for kind in kinds},
        **{f"{kind} with a mean and a row": _merged(kind, mean, column) for kind in kinds},
        "Subtract of a mean": _merged("Subtract", mean),
        "Concatenate": _merged("Concatenate", _conv(4, 1), same),
        "Concatenate of rows": _merged("Concatenate", _conv(3, (3, 1)), axis=1),
        "Concatenate of columns": _merged("Concatenate", _conv(3, (1, 4)), axis=-2),
        "Concatenate of one": _merged("Concatenate"),
    }
    return [Case(name, probe((5, 6, 3), link)) for name, link in cases.items()]


def _moving_layers() -> list[Case]:
    """Return layers that move values, each after an image and before a product."""
    networks: dict[str, list[Callable[[], Link]]] = {
        "Reshape": [layer("Reshape", (7, -1)), _dense(4)],
        "Reshape to an image": [layer("Flatten"), layer("Reshape", (7, 3, 5)), _conv(2, 2)],
        "Permute": [layer("Permute", (2, 1, 3)), _conv(2, 2)],
        "Permute all": [layer("Permute", (3, 1, 2)), _conv(4, 2)],
        "ZeroPadding2D": [layer("ZeroPadding2D"), _conv(2, 3)],
        "ZeroPadding2D on some sides": [layer("ZeroPadding2D", ((2, 0), (0, 1))), _conv(2, 3)],
        "Cropping2D": [layer("Cropping2D", 1), _conv(2, 2)],
        "Cropping2D on some sides": [layer("Cropping2D", ((0, 3), (2, 1))), _conv(2, 2)],
        "UpSampling2D": [layer("UpSampling2D"), _conv(2, 3)],
        "UpSampling2D (1, 3)": [layer("UpSampling2D", (1, 3)), _conv(2, 2)],
        "UpSampling2D bilinear": [layer("UpSampling2D", interpolation="bilinear"), _conv(2, 3)],
        "UpSampling2D bicubic": [layer("UpSampling2D", interpolation="bicubic"), _conv(2, 3)],
        "UpSampling2D bilinear (3, 1)": [
            layer("UpSampling2D", (3, 1), interpolation="bilinear"),
            _conv(2, 3),
        ],
        "GlobalMaxPooling2D": [layer("GlobalMaxPooling2D")],
        "GlobalMaxPooling2D keepdims": [layer("GlobalMaxPooling2D", keepdims=True)],
        "GlobalMaxPooling2D of equal numbers": [_relu(), layer("GlobalMaxPooling2D")],
    }
    return [Case(name, probe((5, 7, 3), *links)) for name, links in networks.items()]


def _preprocessing() -> list[Case]:
    """Return preprocessing layers; the Dense layer after them sees each pixel by itself."""
    around = {"value_range": (-1.5, 2.0)}
    networks: dict[str, Callable[[], Link]] = {
        "RandomFlip": layer("RandomFlip"),
        "RandomFlip horizontal": layer("RandomFlip", "horizontal", seed=3),
        "RandomFlip vertical": layer("RandomFlip", "vertical"),
        "RandomCrop": layer("RandomCrop", 4, 5),
        "RandomCrop of both sides": layer("RandomCrop", 4, 3),
        "RandomCrop to a larger size": layer("RandomCrop", 9, 7),
        "RandomCrop as high as the image": layer("RandomCrop", 7, 3),
        "RandomTranslation": layer("RandomTranslation", 0.3, 0.4),
        "RandomTranslation far": layer("RandomTranslation", (0.8, 1.0), (-0.9, -1.0), "wrap"),
        "RandomTranslation by pixels": layer("RandomTranslation", 0.3, 0.3, "nearest", "nearest"),
        "RandomRotation": layer("RandomRotation", 0.2),
        "RandomRotation constant": layer("RandomRotation", 1.0, "constant", fill_value=-0.7),
        "RandomRotation nearest": layer("RandomRotation", (-0.3, 0.6), "nearest", "nearest"),
        "RandomRotation wrap": layer("RandomRotation", 0.5, "wrap", seed=2**40),
        "RandomZoom": layer("RandomZoom", 0.5),
        "RandomZoom two ways": layer("RandomZoom", (-0.6, -0.1), (0.2, 0.9), "constant"),
        "RandomContrast": layer("RandomContrast", 0.7, **around),
        "RandomBrightness": layer("RandomBrightness", (-0.1, 0.4), **around),
        "RandomErasing": layer("RandomErasing", **around),
        "RandomErasing of colours": layer(
            "RandomErasing", (0.3, 0.9), (0.1, 0.6), (0.1, -9.0, 0.4), **around
        ),
        "Normalization": layer("Normalization"),
        "Normalization given": layer("Normalization", None, 0.3, 4.0),
        "Normalization back": layer("Normalization", (2, 3), invert=True),
        "Normalization of rows": layer("Normalization", 1),
        "Resizing": layer("Resizing", 4, 9),
        "Resizing nearest": layer("Resizing", 12, 3, "nearest"),
        "Resizing bicubic": layer("Resizing", 4, 9, "bicubic"),
        "Resizing bicubic antialias": layer("Resizing", 3, 4, "bicubic", antialias=True),
        "Resizing antialias": layer("Resizing", 3, 2, antialias=True),
        "Resizing cropped": layer("Resizing", 4, 4, crop_to_aspect_ratio=True),
        "Resizing padded": layer("Resizing", 4, 9, pad_to_aspect_ratio=True, fill_value=0.5),
        "CenterCrop": layer("CenterCrop", 4, 3),
        "CenterCrop of a small image": layer("CenterCrop", 5, 8),
    }
    return [Case(name, chain((7, 5, 3), link, _dense(4))) for name, link in networks.items()]


def _gelu() -> Link:
    return lambda x: activations.gelu(x, approximate=True)


def _frozen_normalization() -> Link:
    frozen = layers.BatchNormalization()
    frozen.trainable = False
    return frozen


CASES = (
    *CONVOLUTIONS,
    *_row_normalizations(),
    *_poolings(),
    *_on_images(),
    *_merges(),
    *_moving_layers(),
    *_preprocessing(),
    *_on_vectors(),
    *OPERATIONS_ON_TENSORS,
    *WHOLE_NETWORKS,
)
