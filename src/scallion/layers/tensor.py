"""Symbolic tensors: what a layer returns when it is called while a network is described."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scallion.layers.spec import Shape

if TYPE_CHECKING:
    from scallion.layers.layer import Layer


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One call of a layer: its inputs and the tensor that came out.

    `training` is what the call said. As in Keras it counts where nobody says otherwise: in
    `model(x)`. `fit` trains all the same, and `predict` does not.
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
        """Whether the layer does what it does in training, where the step says `training`."""
        for said in (training, self.training):
            if said is not None:
                return said
        return self.layer.spec.training

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """The inputs' shapes for one image, as specifications take them."""
        return tuple(tensor.image_shape for tensor in self.inputs)


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A place in the graph, with the shape that one image has there."""

    image_shape: Shape
    node: Node
    batch_size: int | None = None

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape as Keras shows it, the batch first: `(None, 32, 32, 3)`."""
        return (self.batch_size, *self.image_shape)

    @property
    def ndim(self) -> int:
        return 1 + len(self.image_shape)

    @property
    def dtype(self) -> str:
        return "float32"

    @property
    def name(self) -> str:
        return self.node.layer.name

    def __repr__(self) -> str:
        return f"<Tensor shape={self.shape}, from layer {self.node.layer.name!r}>"
