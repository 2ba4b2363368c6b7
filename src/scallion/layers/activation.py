"""Activations as layers of their own, with their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

from scallion import activations, constraints, initializers, regularizers
from scallion.activations import ActivationFunction
from scallion.constraints import Constraint
from scallion.errors import ArgumentError, ShapeError
from scallion.initializers import Initializer
from scallion.layers.argument_checks import checked_float, is_integer
from scallion.layers.layer import Layer, LayerOptions
from scallion.layers.spec import Shape, Spec, WeightSpec
from scallion.regularizers import Regularizer


@dataclass(frozen=True, slots=True, eq=False)
class ActivationSpec(Spec):
    """An activation on its own, by name."""

    activation: ActivationFunction


class Activation(Layer):
    """An activation as a layer of its own: `Activation("relu")`."""

    spec: ActivationSpec

    def __init__(self, activation: Any, **options: Unpack[LayerOptions]) -> None:
        super().__init__(ActivationSpec(activations.get(activation)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class ReLUSpec(Spec):
    """max(x, 0), with Keras' ceiling, slope below and threshold."""

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0


class ReLU(Layer):
    """max(x, 0); or up to `max_value`, or with a slope below `threshold`."""

    spec: ReLUSpec

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        spec = ReLUSpec(
            None if max_value is None else checked_float("max_value", max_value, least=0),
            checked_float("negative_slope", negative_slope, least=0),
            checked_float("threshold", threshold, least=0),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class LeakyReLUSpec(Spec):
    """x, or a slope below 0."""

    negative_slope: float = 0.3


class LeakyReLU(Layer):
    """x, or `negative_slope` times x below 0."""

    spec: LeakyReLUSpec

    def __init__(
        self,
        negative_slope: float = 0.3,
        alpha: float | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        # `alpha` is what Keras 2 called it.
        given = negative_slope if alpha is None else alpha
        super().__init__(LeakyReLUSpec(checked_float("negative_slope", given, least=0)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class ELUSpec(Spec):
    """x, or alpha * (exp(x) - 1) below 0."""

    alpha: float = 1.0


class ELU(Layer):
    """x, or alpha * (exp(x) - 1) below 0 (Clevert et al. 2015)."""

    spec: ELUSpec

    def __init__(self, alpha: float = 1.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(ELUSpec(checked_float("alpha", alpha)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class PReLUSpec(Spec):
    """x, or below 0 a slope that is learned, one for each place but along `shared_axes`.

    >>> PReLUSpec(shared_axes=(1, 2)).arithmetic((8, 8, 16))
    '1*1*16 = 16'
    """

    alpha_initializer: Initializer = initializers.Zeros()
    shared_axes: tuple[int, ...] | None = None
    alpha_regularizer: Regularizer | None = None
    alpha_constraint: Constraint | None = None

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        sides = list(shapes[0])
        for axis in self.shared_axes or ():
            if axis > len(sides):
                raise ShapeError(
                    f"the axes of an image are 1 to {len(sides)}. "
                    f"Received: shared_axes={list(self.shared_axes or ())}",
                    hint=f"shared_axes={list(range(1, len(sides))) or None}",
                )
            sides[axis - 1] = 1
        alpha = WeightSpec(
            "alpha",
            tuple(sides),
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        return (alpha,)

    def output_shape(self, *shapes: Shape) -> Shape:
        self.weights(*shapes)
        return shapes[0]


class PReLU(Layer):
    """x, or below 0 a learned slope times x (He et al. 2015)."""

    spec: PReLUSpec

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        axes = (shared_axes,) if isinstance(shared_axes, int) else shared_axes
        listed = axes is None or isinstance(axes, list | tuple)
        if not listed or not all(is_integer(axis, least=1) for axis in axes or ()):
            raise ArgumentError(
                "`shared_axes` are whole numbers from 1: the batch is 0. "
                f"Received: shared_axes={shared_axes!r}",
                hint="shared_axes=[1, 2]",
            )
        shared = None if axes is None else tuple(int(axis) for axis in axes)
        spec = PReLUSpec(
            initializers.get(alpha_initializer),
            shared,
            regularizers.get(alpha_regularizer),
            constraints.get(alpha_constraint),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class GeluSpec(Spec):
    """x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2: gelu, nearly."""

    approximate: bool = True


class Gelu(Layer):
    """What `activations.gelu(x, approximate=True)` is behind a tensor: an operation of Keras', no
    layer, which its files hold by this name."""

    spec: GeluSpec

    def __init__(self, approximate: bool = True, *, name: str | None = None) -> None:
        if not approximate:
            raise ArgumentError(
                f"this is gelu by tanh. Received: approximate={approximate!r}",
                hint='Activation("gelu")',
            )
        super().__init__(GeluSpec(), name=name)

    def get_config(self) -> dict[str, Any]:
        """The arguments as Keras writes this operation's."""
        return {"name": self.name, **self.spec.config()}


@dataclass(frozen=True, slots=True, eq=False)
class SoftmaxSpec(Spec):
    """Softmax along an axis, or several: numbers become shares that add up to 1."""

    axis: int | tuple[int, ...] = -1

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        rank = len(shape) + 1
        if any(not -rank < axis < rank or axis == 0 for axis in axes):
            raise ShapeError(
                f"an axis of an image is 1 to {rank - 1}, or counted from the end. "
                f"Received: axis={self.axis!r}",
                hint="axis=-1",
            )
        return shape


class Softmax(Layer):
    """Numbers become shares that add up to 1."""

    spec: SoftmaxSpec

    def __init__(self, axis: int | tuple[int, ...] = -1, **options: Unpack[LayerOptions]) -> None:
        axes = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
        if not axes or not all(isinstance(one, int) for one in axes):
            raise ArgumentError(
                f"`axis` is a whole number or several. Received: axis={axis!r}", hint="axis=-1"
            )
        super().__init__(SoftmaxSpec(axes if isinstance(axis, list | tuple) else axis), **options)


@dataclass(frozen=True, slots=True, eq=False)
class RescalingSpec(Spec):
    """x * scale + offset."""

    scale: float
    offset: float = 0.0


class Rescaling(Layer):
    """x * scale + offset: brings pixels into a small range."""

    spec: RescalingSpec

    def __init__(self, scale: float, offset: float = 0.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(
            RescalingSpec(checked_float("scale", scale), checked_float("offset", offset)), **options
        )


__all__ = [
    "ELU",
    "Activation",
    "ActivationSpec",
    "ELUSpec",
    "Gelu",
    "GeluSpec",
    "LeakyReLU",
    "LeakyReLUSpec",
    "PReLU",
    "PReLUSpec",
    "ReLU",
    "ReLUSpec",
    "Rescaling",
    "RescalingSpec",
    "Softmax",
    "SoftmaxSpec",
]
