"""Input, Dense, Flatten, Activation: what every network is made of."""

from dataclasses import dataclass
from math import prod
from typing import Any

from scallion import activations, initializers
from scallion.errors import ArgumentError
from scallion.initializers import Initializer
from scallion.layers.layer import Layer
from scallion.layers.spec import Shape, Spec, WeightSpec
from scallion.layers.tensor import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Spec):
    """Where images enter the network. Has no weights.

    >>> Entry((32, 32, 3)).output_shape()
    (32, 32, 3)
    """

    shape: Shape

    def output_shape(self, *shapes: Shape) -> Shape:
        return self.shape

    def config(self) -> dict[str, Any]:
        return {"batch_shape": (None, *self.shape)}


@dataclass(frozen=True, slots=True, eq=False)
class Linear(Spec):
    """Every output sees every number of the input's last axis: (..., C) -> (..., units).

    >>> Linear(100).arithmetic((3072,))
    '3072*100 + 100 = 307300'
    """

    units: int
    activation: str = "linear"
    use_bias: bool = True
    kernel_initializer: Initializer = initializers.GlorotUniform()
    bias_initializer: Initializer = initializers.Zeros()

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:-1], self.units)

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        kernel = WeightSpec("kernel", (shapes[0][-1], self.units), self.kernel_initializer)
        bias = WeightSpec("bias", (self.units,), self.bias_initializer)
        return (kernel, bias) if self.use_bias else (kernel,)

    def macs(self, *shapes: Shape) -> int:
        return prod(shapes[0]) * self.units


@dataclass(frozen=True, slots=True, eq=False)
class Flattening(Spec):
    """One row of numbers from an image: (H, W, C) -> (H*W*C,). Has no weights."""

    def output_shape(self, *shapes: Shape) -> Shape:
        return (prod(shapes[0]),)


@dataclass(frozen=True, slots=True, eq=False)
class Elementwise(Spec):
    """An activation on its own, by name."""

    activation: str


class InputLayer(Layer):
    """The layer behind `Input`."""

    spec: Entry

    def __init__(self, shape: Shape, *, name: str | None = None) -> None:
        super().__init__(Entry(tuple(shape)), name=name)
        super().__call__(())


def Input(shape: Shape | None = None, *, name: str | None = None) -> Tensor:  # noqa: N802 (Keras' name)
    """A symbolic tensor of images of this shape, without the batch: `Input((32, 32, 3))`."""
    if shape is None:
        raise ArgumentError("Input needs a shape", hint="Input(shape=(32, 32, 3))")
    return InputLayer(shape, name=name).output


class Dense(Layer):
    """A fully connected layer on the last axis of its input."""

    spec: Linear

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        *,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        spec = Linear(
            units,
            activations.get(activation),
            use_bias,
            initializers.get(kernel_initializer),
            initializers.get(bias_initializer),
        )
        super().__init__(spec, name=name, trainable=trainable)


class Flatten(Layer):
    """All numbers of an image in one row, so that Dense can see them."""

    spec: Flattening

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(Flattening(), name=name)


class Activation(Layer):
    """An activation as a layer of its own."""

    spec: Elementwise

    def __init__(self, activation: str, *, name: str | None = None) -> None:
        super().__init__(Elementwise(activations.get(activation)), name=name)
