"""The networks of networks.py as ONNX: a module with Keras' API that writes ONNX nodes.

Images are (channels, height, width). Weights are random: time does not depend on them.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper


class Tensor:
    """A value of the graph: its name and its shape without the batch axis."""

    def __init__(self, writer: "Writer", name: str, shape: tuple[int, ...]) -> None:
        self.writer, self.name, self.shape = writer, name, shape


class Writer:
    """The nodes and weights in the order of creation."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.random = np.random.default_rng(0)

    def weight(self, *shape: int, positive: bool = False) -> str:
        name = f"w{len(self.weights)}"
        values = self.random.normal(0, 0.05, shape).astype(np.float32)
        values = np.abs(values) + 1 if positive else values
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def add(self, kind: str, inputs: list[str], shape: tuple[int, ...], **numbers: Any) -> Tensor:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **numbers))
        return Tensor(self, name, shape)


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _slid(size: int, window: int, stride: int, padding: str) -> int:
    return -(-size // stride) if padding == "same" else (size - window) // stride + 1


def _activated(y: Tensor, activation: str | None) -> Tensor:
    return y.writer.add("Relu", [y.name], y.shape) if activation == "relu" else y


def _window(x: Tensor, size: Any, strides: Any, padding: str) -> tuple[tuple[int, int], Any]:
    window, stride = _pair(size), _pair(strides)
    sides = tuple(_slid(x.shape[i + 1], window[i], stride[i], padding) for i in range(2))
    pad = {"auto_pad": "SAME_UPPER" if padding == "same" else "VALID"}
    return sides, {"kernel_shape": window, "strides": stride, **pad}  # type: ignore[return-value]


def conv2d(
    filters: int,
    kernel_size: Any,
    strides: Any = 1,
    padding: str = "valid",
    activation: str | None = None,
    use_bias: bool = True,
    groups: int = 1,
) -> Any:
    def call(x: Tensor) -> Tensor:
        sides, numbers = _window(x, kernel_size, strides, padding)
        kernel = x.writer.weight(filters, x.shape[0] // groups, *_pair(kernel_size))
        inputs = [x.name, kernel, *([x.writer.weight(filters)] if use_bias else [])]
        y = x.writer.add("Conv", inputs, (filters, *sides), group=groups, **numbers)
        return _activated(y, activation)

    return call


def depthwise(kernel_size: Any, **options: Any) -> Any:
    return lambda x: conv2d(x.shape[0], kernel_size, groups=x.shape[0], **options)(x)


def max_pool(pool_size: Any = 2) -> Any:
    def call(x: Tensor) -> Tensor:
        sides, numbers = _window(x, pool_size, pool_size, "valid")
        return x.writer.add("MaxPool", [x.name], (x.shape[0], *sides), **numbers)

    return call


def normalization() -> Any:
    def call(x: Tensor) -> Tensor:
        w, channels = x.writer, x.shape[0]
        names = [w.weight(channels, positive=i in (0, 3)) for i in range(4)]
        return w.add("BatchNormalization", [x.name, *names], x.shape, epsilon=1e-3)

    return call


def dense(units: int, activation: str | None = None) -> Any:
    def call(x: Tensor) -> Tensor:
        inputs = [x.name, x.writer.weight(x.shape[0], units), x.writer.weight(units)]
        return _activated(x.writer.add("Gemm", inputs, (units,)), activation)

    return call


def _flat(x: Tensor) -> Tensor:
    return x.writer.add("Flatten", [x.name], (int(np.prod(x.shape)),))


def _average(x: Tensor) -> Tensor:
    return _flat(x.writer.add("GlobalAveragePool", [x.name], (x.shape[0], 1, 1)))


def _sum(tensors: list[Tensor]) -> Tensor:
    first, second = tensors
    return first.writer.add("Add", [first.name, second.name], first.shape)


def _image(shape: tuple[int, int, int]) -> Tensor:
    height, width, channels = shape
    return Tensor(Writer(), "image", (channels, height, width))


def _model(image: Tensor, y: Tensor) -> bytes:
    inputs = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", *image.shape])
    output = helper.make_tensor_value_info(y.name, TensorProto.FLOAT, ["n", *y.shape])
    w = y.writer
    graph = helper.make_graph(w.nodes, "network", [inputs], [output], w.weights)
    versions = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=versions, ir_version=8).SerializeToString()


speaks_keras = SimpleNamespace(
    Input=_image,
    Model=_model,
    layers=SimpleNamespace(
        Add=lambda: _sum,
        BatchNormalization=normalization,
        Conv2D=conv2d,
        Dense=dense,
        DepthwiseConv2D=depthwise,
        Dropout=lambda _: lambda x: x,
        Flatten=lambda: _flat,
        GlobalAveragePooling2D=lambda: _average,
        MaxPooling2D=max_pool,
        ReLU=lambda: lambda x: x.writer.add("Relu", [x.name], x.shape),
    ),
)
