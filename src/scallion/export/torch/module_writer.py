"""The source of a PyTorch module in the making: its submodules, weights and statements."""

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.export.tensor_layout import (
    TO_CHANNELS_LAST,
    ExportTensor,
    Layout,
)
from scallion.layers.base.spec import Shape


@dataclass(eq=False)
class ModuleWriter:
    """Collects the lines of `__init__` and `forward`, and the weights by name."""

    members: list[str] = field(default_factory=list[str])
    statements: list[str] = field(default_factory=list[str])
    weights: dict[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    _members: set[str] = field(default_factory=lambda: {*dir(dict), "training", "forward"})
    _variables: set[str] = field(default_factory=lambda: {"images", "self", "torch", "nn", "F"})
    _made: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def variable(self, name: str) -> str:
        """Return a name like this one for a variable of `forward`."""
        return self._unique(name, self._variables)

    def _unique(self, name: str, taken: set[str]) -> str:
        """Return a Python name like this one, with a number if it is taken."""
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        if not plain or plain[0].isdigit() or plain.startswith("_") or keyword.iskeyword(plain):
            plain = f"layer_{plain}"
        found, number = plain, 1
        while found in taken:
            number += 1
            found = f"{plain}_{number}"
        taken.add(found)
        return found

    def module(
        self, layer: str, code: str, weights: Mapping[str, NDArray[Any]], variant: str = ""
    ) -> str:
        """Add a submodule with its weights, once per layer and variant, and return its name."""
        key = (layer, code + variant)
        if key not in self._made:
            name = self._unique(layer, self._members)
            self._made[key] = name
            self.members.append(f"self.{name} = {code}")
            for part, array in weights.items():
                self.weights[f"{name}.{part}"] = np.ascontiguousarray(array)
        return f"self.{self._made[key]}"

    def array(self, name: str, array: NDArray[Any], *, trains: bool = False) -> str:
        """Add an array as a parameter or buffer and return its name."""
        content = f"{array.shape}{array.tobytes().hex() if array.size < 64 else id(array)}"
        if (name, content) not in self._made:
            found = self._unique(name, self._members)
            self._made[name, content] = found
            zeros = f"torch.zeros({', '.join(map(str, array.shape)) or '()'})"
            self.members.append(
                f"self.{found} = nn.Parameter({zeros})"
                if trains
                else f'self.register_buffer("{found}", {zeros})'
            )
            self.weights[found] = np.ascontiguousarray(array)
        return f"self.{self._made[name, content]}"

    def assign(self, variable: str, expression: str, shape: Shape, layout: Layout) -> None:
        """Add a statement, unless it assigns a variable to itself."""
        if expression != variable:
            sides = (shape[2], *shape[:2]) if layout == "channels_first" else shape
            text = ", ".join(["N", *map(str, sides)])
            self.statements.append(f"{variable} = {expression}  # ({text})")


@dataclass(frozen=True, slots=True)
class TorchCall:
    """One call of a layer: its specification, weights by name, inputs and output shape.

    The name of an input is a Python expression.
    """

    writer: ModuleWriter
    layer: str
    spec: Any
    weights: Mapping[str, NDArray[np.float32]]
    inputs: tuple[ExportTensor, ...]
    output_shape: Shape

    @property
    def x(self) -> ExportTensor:
        """The first input."""
        return self.inputs[0]

    def keras(self, x: ExportTensor) -> ExportTensor:
        """Return a tensor with its axes as in Keras."""
        return as_keras(x)

    def channels_first(self, x: ExportTensor) -> ExportTensor:
        """Return an image with its channels before height and width."""
        if x.layout == "channels_first":
            return x
        return ExportTensor(f"{x.name}.permute(0, 3, 1, 2)", x.shape, "channels_first")

    def like(self, x: ExportTensor, expression: str) -> ExportTensor:
        """Return the tensor that an elementwise operation makes of `x`."""
        return ExportTensor(expression, x.shape, x.layout, x.image_shape)

    def output(self, expression: str, layout: Layout = "keras") -> ExportTensor:
        """Return the layer's output."""
        return ExportTensor(expression, self.output_shape, layout)

    def module(
        self, code: str, weights: Mapping[str, NDArray[Any]], part: str = "", variant: str = ""
    ) -> str:
        """Add a submodule of this layer and return its name.

        A layer that is called on tensors in two layouts has two variants of its weights.
        """
        return self.writer.module(self.layer + part, code, weights, variant)

    def array(self, name: str, array: NDArray[Any], *, trains: bool = False) -> str:
        """Add an array of this layer and return its name."""
        return self.writer.array(f"{self.layer}_{name}", array.astype(np.float32), trains=trains)


def as_keras(x: ExportTensor) -> ExportTensor:
    """Return a tensor with its axes as in Keras."""
    if x.layout == "keras":
        return x
    if x.layout == "channels_first":
        return ExportTensor(f"{x.name}.permute(0, 2, 3, 1)", x.shape)
    height, width, channels = x.image_shape
    image = f"{x.name}.reshape(-1, {channels}, {height}, {width})"
    return ExportTensor(f"{image}.permute(0, 2, 3, 1).flatten(1)", x.shape)


def number(value: float) -> str:
    """Return a number as Python writes it, as an integer where it is one.

    >>> number(2.0), number(0.1)
    ('2', '0.1')
    """
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def numbers(values: Sequence[int]) -> str:
    """Return one number for equal ones, else a tuple.

    >>> numbers((3, 3)), numbers((3, 1))
    ('3', '(3, 1)')
    """
    return str(values[0]) if len(set(values)) == 1 else str(tuple(values))


def order_of(shape: Shape) -> NDArray[np.int64]:
    """Return where each value of Keras' order is in a flattened (C, H, W)."""
    height, width, channels = shape
    places = np.arange(prod(shape)).reshape(channels, height, width)
    return places.transpose(TO_CHANNELS_LAST).ravel()
