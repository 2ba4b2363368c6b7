"""What a layer is, without its identity: a frozen specification that computes shapes, no numbers.

Shapes are those of one image, without the batch: `(32, 32, 3)`. A specification is asked with the
shapes of all its inputs, so a layer with two inputs is asked with two shapes.
"""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Literal

from scallion.errors import ArgumentError

if TYPE_CHECKING:
    from scallion.initializers import Initializer

Shape = tuple[int, ...]
Pair = tuple[int, int]
Padding = Literal["valid", "same"]


@dataclass(frozen=True, slots=True)
class WeightSpec:
    """One array that a layer learns or keeps: its name, shape and how it starts."""

    name: str
    shape: Shape
    initializer: "Initializer"
    trainable: bool = True

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """The base of all specifications: one input, same shape out, no weights."""

    def output_shape(self, *shapes: Shape) -> Shape:
        """The shape of the output for one image. Raises ShapeError where it cannot be."""
        return shapes[0]

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        """The arrays that the layer holds, in Keras' order: trainable ones first."""
        return ()

    def macs(self, *shapes: Shape) -> int:
        """Multiply-adds for one image, forward. Only products with weights are counted."""
        return 0

    def config(self) -> dict[str, Any]:
        """The fields as Keras' `get_config` names them, without `name`, `trainable`, `dtype`."""
        return {}

    def parameters(self, *shapes: Shape) -> int:
        """How many numbers the layer's arrays hold."""
        return sum(weight.size for weight in self.weights(*shapes))

    def arithmetic(self, *shapes: Shape) -> str:
        """The parameter count as a sum that can be followed: `3*3*3*32 + 32 = 896`."""
        weights = self.weights(*shapes)
        if not weights:
            return "0"
        terms = " + ".join("*".join(map(str, weight.shape)) or "1" for weight in weights)
        total = str(sum(weight.size for weight in weights))
        return total if terms == total else f"{terms} = {total}"


def as_pair(value: int | Pair | list[int], name: str = "value", least: int = 1) -> Pair:
    """Two whole numbers from one or two, as Keras takes `kernel_size`, `strides`, `pool_size`."""
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or not all(isinstance(n, int) and n >= least for n in pair):
        raise ArgumentError(
            f"`{name}` is one or two whole numbers of at least {least}. Received: {name}={value!r}",
            hint=f"{name}={max(least, 2)} or {name}=({max(least, 2)}, {max(least, 2)})",
        )
    return pair  # type: ignore[return-value]


def as_padding(value: str) -> Padding:
    """`valid` or `same`, in any case, as Keras takes it."""
    padding = str(value).lower()
    if padding not in ("valid", "same"):
        raise ArgumentError(
            f"`padding` is 'valid' or 'same'. Received: padding={value!r}", hint='padding="same"'
        )
    return padding  # type: ignore[return-value]


def slide(size: int, window: int, stride: int, padding: Padding, dilation: int = 1) -> int:
    """How many places a window takes along one side; below 1 where it does not fit.

    >>> slide(32, 3, 1, "valid"), slide(32, 3, 2, "same"), slide(7, 3, 1, "valid", dilation=2)
    (30, 16, 3)
    """
    if padding == "same":
        return -(-size // stride)
    return (size - dilation * (window - 1) - 1) // stride + 1


def margin(size: int, window: int, stride: int, padding: Padding, dilation: int = 1) -> Pair:
    """Zeros before and after one side; the odd one goes behind, as in Keras.

    >>> margin(32, 3, 1, "same"), margin(32, 3, 2, "same"), margin(32, 3, 2, "valid")
    ((1, 1), (0, 1), (0, 0))
    """
    if padding == "valid":
        return (0, 0)
    out = slide(size, window, stride, padding, dilation)
    total = max(0, (out - 1) * stride + dilation * (window - 1) + 1 - size)
    return (total // 2, total - total // 2)
