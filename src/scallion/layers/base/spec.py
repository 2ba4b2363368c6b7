"""The base of layer specifications: frozen, without weights or identity; they compute shapes only.

Shapes are those of one image, without the batch: `(32, 32, 3)`. Methods take the shapes of all
inputs of a layer: a layer with two inputs gets two shapes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import prod
from typing import Any, ClassVar, Literal

from scallion import constraints, initializers, regularizers
from scallion.activations import ActivationFunction
from scallion.constraints import Constraint
from scallion.errors import ShapeError, StateError
from scallion.initializers import Initializer
from scallion.regularizers import Regularizer

Shape = tuple[int, ...]
Pair = tuple[int, int]
Padding = Literal["valid", "same"]
Family = Literal["activation", "dropout", "input", "normalization", "pooling", "shape", "weights"]


@dataclass(frozen=True, slots=True)
class WeightSpec:
    """One weight array of a layer: name, shape, initializer, regularizer and constraint.

    Raises ShapeError if the constraint does not fit the shape.
    """

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
        """The number of elements."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """The base of all specifications: one input, the same shape out, no weights."""

    family: ClassVar[Family] = "shape"
    """The kind of layer: its colour in diagrams."""

    takes_single_image: ClassVar[bool] = False
    """True if a call accepts one image without the batch axis, as Keras' image layers do."""

    takes_list: ClassVar[bool] = False
    """True if the layer is called on a list of tensors, as Add is."""

    training_by_default: ClassVar[bool] = False
    """True if a call without `training=` is a training call, as in Keras' augmentation layers."""

    ignores_input: ClassVar[bool] = False
    """True if the output does not depend on the input, so that no gradient passes."""

    fixed_config: ClassVar[Mapping[str, Any]] = {}
    """Arguments of Keras' config that have only one value here."""

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the output shape for one image. Raises ShapeError if the inputs do not fit."""
        return shapes[0]

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        """Return the weight specifications in Keras' order: trainable ones first."""
        return ()

    def macs(self, *shapes: Shape) -> int:
        """Return the multiply-adds of a forward pass for one image: products with weights only."""
        return 0

    def config(self) -> dict[str, Any]:
        """Return the fields as in Keras' `get_config`, without `name`, `trainable`, `dtype`."""
        own = {field.name: _config_value(getattr(self, field.name)) for field in fields(self)}
        return {**own, **self.fixed_config}

    def note(self, *shapes: Shape) -> str:
        """Return a remark on an unusual use of this layer with these inputs; usually empty."""
        return ""

    def parameters(self, *shapes: Shape) -> int:
        """Return the number of elements of all weights."""
        return sum(weight.size for weight in self.weights(*shapes))

    def arithmetic(self, *shapes: Shape) -> str:
        """Return the calculation of the parameter count: `3*3*3*32 + 32 = 896`."""
        weights = self.weights(*shapes)
        if not weights:
            return "0"
        terms = " + ".join("*".join(map(str, weight.shape)) or "1" for weight in weights)
        total = str(sum(weight.size for weight in weights))
        return total if terms == total else f"{terms} = {total}"


@dataclass(frozen=True, slots=True, eq=False)
class UntracedSpec(Spec):
    """The specification of a custom layer before its first call on a tensor."""

    def output_shape(self, *shapes: Shape) -> Shape:
        """Raise StateError: only `call` knows."""
        raise StateError(
            "the custom layer has not been called yet, so its output shape is unknown",
            hint="call the layer on a tensor of Input first",
        )


def _config_value(value: Any) -> Any:
    if isinstance(value, Initializer):
        return initializers.serialize(value)
    if isinstance(value, Regularizer):
        return regularizers.serialize(value)
    if isinstance(value, Constraint):
        return constraints.serialize(value)
    return str(value) if isinstance(value, ActivationFunction) else value


def channel_count(shape: Shape) -> int:
    """Return the length of the last axis. Raises ShapeError for a scalar, which has none."""
    if not shape:
        raise ShapeError(
            "each input is one value, without a channel axis. Received: shape=(None,)",
            hint="Input((1,))",
            field="shape",
            value=(None,),
        )
    return shape[-1]


def as_image_shape(shape: Shape) -> tuple[int, int, int]:
    """Return height, width and channels. Raises ShapeError if the input is not an image."""
    if len(shape) == 3:
        return shape
    if len(shape) == 2:
        hint = f"Input(({shape[0]}, {shape[1]}, 1)), and images[..., None] for the images"
    elif len(shape) == 1:
        hint = "put this layer before the one that flattens"
    else:
        hint = "Input((32, 32, 3))"
    received = (None, *shape)
    raise ShapeError(
        "an image has three axes after the batch, (height, width, channels). "
        f"Received: shape={received}",
        hint=hint,
        field="shape",
        value=received,
    )
