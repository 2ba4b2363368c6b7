"""`CONVOLUTIONS`: small networks with every option of the convolution layers."""

from functools import partial
from typing import Any

from networks import Shape, layer, probe
from whole_network_cases import Case

_CONV: dict[str, Any] = {"filters": 5, "kernel_size": 3}
_conv = partial(layer, "Conv2D")


def _convolutions() -> list[Case]:
    options: dict[str, tuple[Shape, dict[str, Any]]] = {
        "3x3": ((7, 6, 3), {}),
        "3x3 same": ((7, 6, 3), {"padding": "same"}),
        "3x3 relu": ((7, 6, 3), {"activation": "relu"}),
        "3x3 sigmoid": ((5, 4, 3), {"activation": "sigmoid"}),
        "3x3 same tanh": ((5, 4, 3), {"activation": "tanh", "padding": "same"}),
        "3x3 softmax": ((5, 4, 3), {"activation": "softmax"}),
        "3x3 no bias": ((7, 6, 3), {"use_bias": False}),
        "3x3 strides 2": ((7, 6, 3), {"strides": 2}),
        "3x3 same strides 2": ((7, 6, 3), {"strides": 2, "padding": "same"}),
        "3x3 same strides (1, 3)": ((7, 8, 3), {"strides": (1, 3), "padding": "same"}),
        "3x3 dilated 2": ((7, 8, 3), {"dilation_rate": 2}),
        "3x3 same dilated (1, 2)": ((7, 8, 3), {"dilation_rate": (1, 2), "padding": "same"}),
        "1x1": ((5, 7, 3), {"kernel_size": 1}),
        "1x1 strides 2": ((5, 7, 3), {"kernel_size": 1, "strides": 2}),
        "2x2 same": ((5, 7, 3), {"kernel_size": 2, "padding": "same"}),
        "1x3": ((5, 7, 3), {"kernel_size": (1, 3)}),
        "5x2 same": ((7, 6, 3), {"kernel_size": (5, 2), "padding": "same"}),
        "7x7 on 7x7": ((7, 7, 2), {"kernel_size": 7}),
        "5x5 same on 3x3": ((3, 3, 2), {"kernel_size": 5, "padding": "same"}),
        "1 channel, 1 filter": ((7, 7, 1), {"filters": 1}),
        "1x1 image": ((1, 1, 7), {"kernel_size": 1, "filters": 33}),
        "7 channels, 17 filters": ((5, 5, 7), {"filters": 17}),
        "16 channels, 16 filters same": ((6, 6, 16), {"filters": 16, "padding": "same"}),
        "Winograd": ((9, 10, 32), {"filters": 50, "activation": "relu"}),
        "Winograd same": ((7, 8, 34), {"filters": 33, "padding": "same", "use_bias": False}),
        "33 filters": ((5, 5, 4), {"filters": 33}),
        "groups 2": ((6, 5, 4), {"filters": 6, "groups": 2}),
        "groups of one channel": ((6, 5, 3), {"filters": 6, "groups": 3, "padding": "same"}),
    }
    return [
        Case(f"Conv2D {name}", probe(shape, layer("Conv2D", **{**_CONV, **changed})))
        for name, (shape, changed) in options.items()
    ]


def _transposed() -> list[Case]:
    same: dict[str, Any] = {"padding": "same"}
    options: dict[str, dict[str, Any]] = {
        "3x3": {},
        "3x3 same relu": {**same, "activation": "relu"},
        "3x3 strides 2": {"strides": 2, "activation": "sigmoid"},
        "3x3 same strides 2": {**same, "strides": 2},
        "2x2 same strides 2 no bias": {**same, "kernel_size": 2, "strides": 2, "use_bias": False},
        "2x2 same silu": {**same, "kernel_size": 2, "activation": "silu"},
        "4x4 same strides 2": {**same, "kernel_size": 4, "strides": 2},
        "1x2 strides (3, 2)": {"kernel_size": (1, 2), "strides": (3, 2)},
        "1x2 same strides (3, 2)": {**same, "kernel_size": (1, 2), "strides": (3, 2)},
        "3x3 strides 3 with padding": {"strides": 3, "output_padding": (1, 2)},
        "4x3 same strides 3 with padding": {
            **same, "kernel_size": (4, 3), "strides": 3, "output_padding": (0, 2),
        },
        "3x3 dilated 2": {"dilation_rate": 2, "use_bias": False, "activation": "relu"},
        "3x2 same dilated (1, 3)": {**same, "kernel_size": (3, 2), "dilation_rate": (1, 3)},
    }  # fmt: skip
    cases = {
        name: [layer("Conv2DTranspose", **{"filters": 4, "kernel_size": 3, **given})]
        for name, given in options.items()
    }
    cases["and relu"] = [layer("Conv2DTranspose", 4, 3), layer("ReLU")]
    cases["Winograd"] = [_conv(34, 1), layer("Conv2DTranspose", 33, 3, padding="same")]
    cases["after pooling"] = [
        _conv(8, 3, activation="relu"),
        layer("MaxPooling2D"),
        layer("Conv2DTranspose", 3, 3, 2, "same"),
    ]
    return [
        Case(f"Conv2DTranspose {name}", probe((5, 6, 3), *links)) for name, links in cases.items()
    ]


def _depthwise() -> list[Case]:
    options: dict[str, tuple[Shape, dict[str, Any]]] = {
        "3x3": ((7, 6, 3), {}),
        "3x3 same relu": ((7, 6, 5), {"padding": "same", "activation": "relu"}),
        "3x3 sigmoid": ((5, 4, 3), {"activation": "sigmoid", "use_bias": False}),
        "3x3 same strides 2": ((7, 8, 8), {"strides": 2, "padding": "same"}),
        "3x3 strides (1, 3)": ((7, 8, 3), {"strides": (1, 3)}),
        "3x3 same dilated (1, 2)": ((7, 8, 3), {"dilation_rate": (1, 2), "padding": "same"}),
        "3x3 dilated 2": ((7, 8, 3), {"dilation_rate": 2}),
        "1x1": ((5, 3, 3), {"kernel_size": 1}),
        "1x1 strides 2": ((5, 7, 3), {"kernel_size": 1, "strides": 2}),
        "5x2 same": ((7, 6, 3), {"kernel_size": (5, 2), "padding": "same"}),
        "5x5 same on 3x3": ((3, 3, 2), {"kernel_size": 5, "padding": "same"}),
        "7x7 same on 1x1": ((1, 1, 2), {"kernel_size": 7, "padding": "same"}),
        "1 channel": ((7, 7, 1), {"padding": "same"}),
        "12 channels": ((4, 4, 12), {"padding": "same"}),
        "16 channels": ((4, 3, 16), {"padding": "same"}),
        "20 channels": ((4, 3, 20), {"padding": "same"}),
        "33 channels": ((5, 4, 33), {}),
        "in bands of rows": ((11, 33, 33), {"padding": "same"}),
        "in bands of rows, strides 2": ((11, 33, 17), {"padding": "same", "strides": 2}),
        "depth multiplier 2": ((5, 6, 3), {"depth_multiplier": 2}),
        "depth multiplier 7, same strides 2": (
            (5, 6, 3),
            {"depth_multiplier": 7, "padding": "same", "strides": 2, "activation": "relu"},
        ),
    }
    same = {"padding": "same"}
    mixed: dict[str, tuple[Shape, dict[str, Any]]] = {
        "3x3": ((7, 6, 3), {}),
        "3x3 same relu": ((7, 6, 5), {**same, "activation": "relu"}),
        "3x3 tanh": ((5, 4, 3), {"activation": "tanh", "use_bias": False}),
        "3x3 same strides 2": ((7, 8, 3), {**same, "strides": 2, "filters": 17}),
        "3x3 dilated 2": ((7, 8, 3), {"dilation_rate": 2}),
        "depth multiplier 3": ((5, 6, 3), {"depth_multiplier": 3}),
    }
    cases = [("DepthwiseConv2D", name, *given) for name, given in options.items()]
    cases += [
        ("SeparableConv2D", name, shape, {"filters": 5, **given})
        for name, (shape, given) in mixed.items()
    ]
    return [
        Case(f"{kind} {name}", probe(shape, layer(kind, **{"kernel_size": 3, **given})))
        for kind, name, shape, given in cases
    ]


CONVOLUTIONS = (*_convolutions(), *_transposed(), *_depthwise())
