"""What a layer is, without its identity: a frozen specification that computes shapes, no numbers.

Shapes are those of one image, without the batch: `(32, 32, 3)`. A specification is asked with the
shapes of all its inputs, so a layer with two inputs is asked with two shapes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import prod
from typing import Any, ClassVar, Literal

from scallion import constraints, initializers, regularizers
from scallion.activations import ActivationFunction
from scallion.constraints import Constraint
from scallion.errors import ShapeError
from scallion.initializers import Initializer
from scallion.regularizers import Regularizer

Shape = tuple[int, ...]
Pair = tuple[int, int]
Padding = Literal["valid", "same"]


@dataclass(frozen=True, slots=True)
class WeightSpec:
    """One array that a layer learns or keeps: its name, shape, how it starts, and what holds it."""

    name: str
    shape: Shape
    initializer: Initializer
    trainable: bool = True
    regularizer: Regularizer | None = None
    constraint: Constraint | None = None

    def __post_init__(self) -> None:
        if self.constraint is not None:
            self.constraint.check(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """The base of all specifications: one input, same shape out, no weights."""

    takes_list: ClassVar[bool] = False

    training: ClassVar[bool] = False
    """Whether a call trains that says nothing of it: augmentation does, as in Keras."""

    fixed_config: ClassVar[Mapping[str, Any]] = {}
    """What Keras' config holds beyond our fields: arguments that have one value here."""

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
        own = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return {**own, **self.fixed_config}

    def note(self, *shapes: Shape) -> str:
        """What surprises people about this layer behind this input; mostly nothing."""
        return ""

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


def _plain(value: Any) -> Any:
    if isinstance(value, Initializer):
        return initializers.serialize(value)
    if isinstance(value, Regularizer):
        return regularizers.serialize(value)
    if isinstance(value, Constraint):
        return constraints.serialize(value)
    return str(value) if isinstance(value, ActivationFunction) else value


def channel_count(shape: Shape) -> int:
    """The length of the last axis. Raises ShapeError for a single number, which has none."""
    if not shape:
        raise ShapeError(
            "each input is one number, without an axis of channels. Received: shape=(None,)",
            hint="Input((1,))",
        )
    return shape[-1]


def as_image_shape(shape: Shape) -> tuple[int, int, int]:
    """Height, width and channels. Raises ShapeError where the input is no image."""
    if len(shape) == 3:
        return shape
    received = f"Received: shape={(None, *shape)}"
    if len(shape) == 2:
        raise ShapeError(
            f"an image has three axes, (height, width, channels), after the batch. {received}",
            hint=f"Input(({shape[0]}, {shape[1]}, 1)), and images[..., None] for the images",
        )
    raise ShapeError(
        f"an image has three axes, (height, width, channels), after the batch. {received}",
        hint="put this layer before the one that flattens"
        if len(shape) == 1
        else "Input((32, 32, 3))",
    )


def output_size(size: int, window: int, stride: int, padding: Padding, dilation: int = 1) -> int:
    """How many places a window takes along one side; below 1 where it does not fit.

    >>> (
    ...     output_size(32, 3, 1, "valid"),
    ...     output_size(32, 3, 2, "same"),
    ...     output_size(7, 3, 1, "valid", dilation=2),
    ... )
    (30, 16, 3)
    """
    if padding == "same":
        return -(-size // stride)
    return (size - dilation * (window - 1) - 1) // stride + 1


def output_size_arithmetic(
    size: int, window: int, stride: int, padding: Padding, dilation: int = 1
) -> str:
    """How `output_size` comes to its number.

    >>> (
    ...     output_size_arithmetic(2, 3, 1, "valid"),
    ...     output_size_arithmetic(5, 3, 2, "valid", dilation=3),
    ... )
    ('(2 - 3) // 1 + 1 = 0', '(5 - 7) // 2 + 1 = 0')
    """
    places = output_size(size, window, stride, padding, dilation)
    if padding == "same":
        return f"{size} / {stride}, rounded up = {places}"
    return f"({size} - {dilation * (window - 1) + 1}) // {stride} + 1 = {places}"


def pad_widths(size: int, window: int, stride: int, padding: Padding, dilation: int = 1) -> Pair:
    """Zeros before and after one side; the odd one goes behind, as in Keras.

    >>> pad_widths(32, 3, 1, "same"), pad_widths(32, 3, 2, "same"), pad_widths(32, 3, 2, "valid")
    ((1, 1), (0, 1), (0, 0))
    """
    if padding == "valid":
        return (0, 0)
    out = output_size(size, window, stride, padding, dilation)
    total = max(0, (out - 1) * stride + dilation * (window - 1) + 1 - size)
    return (total // 2, total - total // 2)
