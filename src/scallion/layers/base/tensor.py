"""Symbolic tensors, and the layer calls that they connect."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from scallion import session
from scallion.errors import ArgumentError, UnsupportedError
from scallion.layers.base.spec import Shape

if TYPE_CHECKING:
    from scallion.layers.base.layer import Layer


class TrainingOfTheStep:
    """The value of `training` while a `call` is traced: only the step knows whether it trains.

    In `if training:` it counts as `answer`, and `asked` records that there was such a test.
    """

    def __init__(self) -> None:
        self.answer = True
        self.asked = False

    def __bool__(self) -> bool:
        self.asked = True
        return self.answer


OF_THE_STEP = TrainingOfTheStep()


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
    # NumPy's numbers and arrays leave `array + tensor` to the tensor.
    __array_ufunc__: ClassVar[None] = None

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

    def __add__(self, other: Any) -> "Tensor":
        return session.tensor_operators["add"](self, other)

    def __radd__(self, other: Any) -> "Tensor":
        return session.tensor_operators["add"](other, self)

    def __sub__(self, other: Any) -> "Tensor":
        return session.tensor_operators["subtract"](self, other)

    def __rsub__(self, other: Any) -> "Tensor":
        return session.tensor_operators["subtract"](other, self)

    def __mul__(self, other: Any) -> "Tensor":
        return session.tensor_operators["multiply"](self, other)

    def __rmul__(self, other: Any) -> "Tensor":
        return session.tensor_operators["multiply"](other, self)

    def __truediv__(self, other: Any) -> "Tensor":
        return session.tensor_operators["divide"](self, other)

    def __rtruediv__(self, other: Any) -> "Tensor":
        return session.tensor_operators["divide"](other, self)

    def __pow__(self, exponent: Any) -> "Tensor":
        return session.tensor_operators["power"](self, exponent)

    def __rpow__(self, base: Any) -> "Tensor":
        return session.tensor_operators["power"](base, self)

    def __matmul__(self, other: Any) -> "Tensor":
        return session.tensor_operators["matmul"](self, other)

    def __neg__(self) -> "Tensor":
        return session.tensor_operators["negative"](self)

    def __abs__(self) -> "Tensor":
        return session.tensor_operators["absolute"](self)

    def __getitem__(self, key: Any) -> "Tensor":
        return session.tensor_operators["get_item"](self, key)

    def __bool__(self) -> NoReturn:
        raise _no_value("a condition cannot depend on a symbolic tensor, which has no value yet")

    def __len__(self) -> NoReturn:
        raise _no_value("a symbolic tensor has no length: the number of images is unknown")

    def __iter__(self) -> NoReturn:
        raise _no_value("a symbolic tensor cannot be iterated over: its batch is unknown")

    def __float__(self) -> NoReturn:
        raise _no_value("a symbolic tensor has no value yet")

    def __gt__(self, other: Any) -> NoReturn:
        raise _no_comparison()

    def __lt__(self, other: Any) -> NoReturn:
        raise _no_comparison()

    def __ge__(self, other: Any) -> NoReturn:
        raise _no_comparison()

    def __le__(self, other: Any) -> NoReturn:
        raise _no_comparison()


def _no_value(problem: str) -> ArgumentError:
    return ArgumentError(problem, hint="use layers and arithmetic; `model.predict` gives values")


def _no_comparison() -> UnsupportedError:
    return UnsupportedError(
        "comparing symbolic tensors is not supported", hint="layers.ReLU(threshold=...)"
    )
