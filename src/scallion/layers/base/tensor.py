"""Symbolic tensors, and the layer calls that they connect."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from scallion.layers.base.spec import Shape

if TYPE_CHECKING:
    from scallion.layers.base.layer import Layer


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One call of a layer: its inputs and its output.

    `training` is what the call was given. As in Keras it holds only where the step itself does not
    say: in `model(x)`. `fit` trains, and `predict` does not, whatever it is.
    """

    layer: "Layer"
    inputs: "tuple[Tensor, ...]"
    training: bool | None = None
    output: "Tensor" = field(init=False)

    def __post_init__(self) -> None:
        spec = self.layer.spec
        first = self.inputs[0] if self.inputs else spec
        shape = spec.output_shape(*self.input_shapes)
        output = Tensor(shape, self, getattr(first, "batch_size", None))
        object.__setattr__(self, "output", output)

    def is_training(self, training: bool | None) -> bool:
        """Return whether the layer behaves as in training in a step with this `training`."""
        for value in (training, self.training):
            if value is not None:
                return value
        return self.layer.spec.training_by_default

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """The shapes of the inputs for one image, as specifications take them."""
        return tuple(tensor.image_shape for tensor in self.inputs)


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A symbolic tensor: the output of a layer call, with its shape for one image."""

    image_shape: Shape
    node: Node
    batch_size: int | None = None

    is_symbolic: ClassVar[bool] = True

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape with the batch first, as in Keras: `(None, 32, 32, 3)`."""
        return (self.batch_size, *self.image_shape)

    @property
    def ndim(self) -> int:
        """The number of axes, with the batch."""
        return 1 + len(self.image_shape)

    @property
    def dtype(self) -> str:
        """Always `"float32"`."""
        return "float32"

    @property
    def name(self) -> str:
        """The name of the layer that returned the tensor."""
        return self.node.layer.name

    def __repr__(self) -> str:
        return f"<Tensor shape={self.shape}, from layer {self.node.layer.name!r}>"
