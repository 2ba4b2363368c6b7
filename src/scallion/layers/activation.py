"""Activation layers and their specifications."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

from scallion import activations, constraints, initializers, regularizers, session
from scallion.activations import ActivationFunction
from scallion.constraints import Constraint
from scallion.errors import ArgumentError, ShapeError, UnsupportedError
from scallion.initializers import Initializer
from scallion.layers.base.activation_argument import split_activation
from scallion.layers.base.argument_checks import checked_float, is_integer
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Shape, Spec, WeightSpec
from scallion.layers.base.tensor import Tensor
from scallion.layers.operators.operation import OperationLayer
from scallion.regularizers import Regularizer


@dataclass(frozen=True, slots=True, eq=False)
class ActivationSpec(Spec):
    """Apply an activation function, given by name, element by element."""

    family: ClassVar[Family] = "activation"

    activation: ActivationFunction


class Activation(Layer):
    """Apply an activation function as a layer of its own: `Activation("relu")`."""

    spec: ActivationSpec

    def __init__(self, activation: Any, **options: Unpack[LayerOptions]) -> None:
        own_activation, following = split_activation(activation)
        super().__init__(ActivationSpec(own_activation), **options)
        self.following = following


@dataclass(frozen=True, slots=True, eq=False)
class ReLUSpec(Spec):
    """Compute min(x, max_value) above `threshold`, else negative_slope * (x - threshold)."""

    family: ClassVar[Family] = "activation"

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0


class ReLU(Layer):
    """Rectified linear unit: max(x, 0), with Keras' `max_value`, `negative_slope`, `threshold`."""

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
    """Compute x where it is positive, else negative_slope * x."""

    family: ClassVar[Family] = "activation"

    negative_slope: float = 0.3


class LeakyReLU(Layer):
    """Leaky rectified linear unit: x, or negative_slope * x below 0."""

    spec: LeakyReLUSpec

    def __init__(
        self,
        negative_slope: float = 0.3,
        alpha: float | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        # `alpha` is its name in Keras 2.
        slope = negative_slope if alpha is None else alpha
        super().__init__(LeakyReLUSpec(checked_float("negative_slope", slope, least=0)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class ELUSpec(Spec):
    """Compute x where it is positive, else alpha * (exp(x) - 1)."""

    family: ClassVar[Family] = "activation"

    alpha: float = 1.0


class ELU(Layer):
    """Exponential linear unit: x, or alpha * (exp(x) - 1) below 0 (Clevert et al. 2015)."""

    spec: ELUSpec

    def __init__(self, alpha: float = 1.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(ELUSpec(checked_float("alpha", alpha)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class PReLUSpec(Spec):
    """Compute x where it is positive, else alpha * x, with one learned alpha per value.

    Along `shared_axes` (1 is the first after the batch) one alpha serves all positions.

    >>> PReLUSpec(shared_axes=(1, 2)).arithmetic((8, 8, 16))
    '1*1*16 = 16'
    """

    family: ClassVar[Family] = "activation"

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
                    field="shared_axes",
                    value=self.shared_axes,
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
    """Parametric rectified linear unit: x, or alpha * x below 0, alpha learned (He et al. 2015)."""

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
                "`shared_axes` must be integers from 1, as 0 is the batch. "
                f"Received: shared_axes={shared_axes!r}",
                hint="shared_axes=[1, 2]",
                field="shared_axes",
                value=shared_axes,
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
    """Compute x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2, close to gelu."""

    family: ClassVar[Family] = "activation"

    approximate: bool = True


class Gelu(OperationLayer):
    """The tanh approximation of gelu: `activations.gelu(x, approximate=True)` on a tensor.

    In Keras this is an operation, not a layer; its model files store it by this name.
    """

    keras_module: ClassVar[str] = "keras.src.ops.nn"
    spec: GeluSpec

    def __init__(self, approximate: bool = True, *, name: str | None = None) -> None:
        if not approximate:
            raise ArgumentError(
                f"this is the tanh approximation of gelu. Received: approximate={approximate!r}",
                hint='Activation("gelu")',
                field="approximate",
                value=approximate,
            )
        super().__init__(GeluSpec(), name=name)


@dataclass(frozen=True, slots=True, eq=False)
class SoftmaxSpec(Spec):
    """Turn logits into probabilities that sum to 1 along one or several axes."""

    family: ClassVar[Family] = "activation"

    axis: int | tuple[int, ...] = -1

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        rank = len(shape) + 1
        if any(not -rank < axis < rank or axis == 0 for axis in axes):
            raise ShapeError(
                f"an axis of an image is 1 to {rank - 1}, or negative, counted from the end. "
                f"Received: axis={self.axis!r}",
                hint="axis=-1",
                field="axis",
                value=self.axis,
            )
        return shape


class Softmax(Layer):
    """Softmax: turn logits into probabilities that sum to 1 along one or several axes."""

    spec: SoftmaxSpec

    def __init__(self, axis: int | tuple[int, ...] = -1, **options: Unpack[LayerOptions]) -> None:
        axes = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
        if not axes or not all(isinstance(one, int) for one in axes):
            raise ArgumentError(
                f"`axis` must be an integer or several. Received: axis={axis!r}",
                hint="axis=-1",
                field="axis",
                value=axis,
            )
        super().__init__(SoftmaxSpec(axes if isinstance(axis, list | tuple) else axis), **options)


def _apply_activation(
    function: ActivationFunction, x: Tensor, arguments: tuple[Any, ...], options: dict[str, Any]
) -> Tensor:
    """Return the output of the layer that computes `function` with Keras' options."""
    return _layer_for(function, arguments, options)(x)


def _layer_for(
    function: ActivationFunction, arguments: tuple[Any, ...], options: dict[str, Any]
) -> Layer:
    if not arguments and not options:
        return Activation(function)
    classes: dict[str, Callable[..., Layer]] = {
        "elu": ELU,
        "gelu": _gelu_layer,
        "leaky_relu": LeakyReLU,
        "softmax": Softmax,
    }
    if function == "relu":
        names = ("negative_slope", "max_value", "threshold")
        return ReLU(**dict(zip(names, arguments, strict=False)), **options)
    if function not in classes:
        raise UnsupportedError(
            f"on a symbolic tensor, `{function}` takes no options. "
            f"Received: {options or arguments}",
            hint=f"activations.{function}(x)",
            field="activation",
            value=function,
        )
    return classes[function](*arguments, **options)


def _gelu_layer(approximate: bool = False) -> Layer:
    return Gelu() if approximate else Activation(activations.gelu)


session.apply_activation = _apply_activation

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
    "Softmax",
    "SoftmaxSpec",
]
