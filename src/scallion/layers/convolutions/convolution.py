"""Convolution layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Unpack

from scallion import activations, constraints, initializers, regularizers
from scallion.activations import ActivationFunction
from scallion.constraints import Constraint
from scallion.errors import ArgumentError, ShapeError
from scallion.initializers import Initializer
from scallion.layers.base.activation_argument import split_activation
from scallion.layers.base.argument_checks import (
    checked_int,
    checked_padding,
    checked_pair,
    refuse_arguments,
    require_channels_last,
)
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.sliding_window import SlidingWindow
from scallion.layers.base.spec import Family, Padding, Pair, Shape, Spec, WeightSpec, as_image_shape
from scallion.regularizers import Regularizer


@dataclass(frozen=True, slots=True, eq=False)
class Conv2DSpec(Spec):
    """Convolve an image with kernels: (H, W, C) -> (H', W', filters).

    >>> Conv2DSpec(32, (3, 3)).arithmetic((32, 32, 3))
    '3*3*3*32 + 32 = 896'
    """

    family: ClassVar[Family] = "weights"
    fixed_config: ClassVar[Mapping[str, Any]] = {
        "data_format": "channels_last",
        "activity_regularizer": None,
    }

    filters: int
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    dilation_rate: Pair = (1, 1)
    groups: int = 1
    activation: ActivationFunction = activations.linear
    use_bias: bool = True
    kernel_initializer: Initializer = initializers.GlorotUniform()
    bias_initializer: Initializer = initializers.Zeros()
    kernel_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    kernel_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        self._channels_per_group(shapes[0])
        window = SlidingWindow(
            "kernel_size", self.kernel_size, self.strides, self.padding, self.dilation_rate
        )
        return (*window.output_size(shapes[0]), self.filters)

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        channels = self._channels_per_group(shapes[0])
        kernel = WeightSpec(
            "kernel",
            (*self.kernel_size, channels, self.filters),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        bias = WeightSpec(
            "bias",
            (self.filters,),
            self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )
        return (kernel, bias) if self.use_bias else (kernel,)

    def macs(self, *shapes: Shape) -> int:
        positions = prod(self.output_shape(*shapes)[:2])
        return positions * prod(self.weights(*shapes)[0].shape)

    def _channels_per_group(self, shape: Shape) -> int:
        channels = as_image_shape(shape)[2]
        if channels % self.groups:
            fitting = [n for n in range(1, self.groups) if not (channels % n or self.filters % n)]
            raise ShapeError(
                f"{channels} channels cannot be split into {self.groups} equal groups: "
                f"{channels} / {self.groups} leaves a remainder of {channels % self.groups}",
                hint=f"groups={fitting[-1]}",
                field="groups",
                value=self.groups,
            )
        return channels // self.groups


class Conv2D(Layer):
    """2D convolution: `Conv2D(32, (3, 3), activation="relu")`."""

    spec: Conv2DSpec

    def __init__(
        self,
        filters: int,
        kernel_size: int | Pair,
        strides: int | Pair = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Pair = (1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        refuse_arguments(
            "Conv2D",
            activity_regularizer=activity_regularizer,
        )
        own_activation, following = split_activation(activation)
        spec = Conv2DSpec(
            checked_int("filters", filters),
            checked_pair(kernel_size, "kernel_size"),
            checked_pair(strides, "strides"),
            checked_padding(padding),
            checked_pair(dilation_rate, "dilation_rate"),
            checked_int("groups", groups),
            own_activation,
            bool(use_bias),
            initializers.get(kernel_initializer),
            initializers.get(bias_initializer),
            regularizers.get(kernel_regularizer),
            regularizers.get(bias_regularizer),
            constraints.get(kernel_constraint),
            constraints.get(bias_constraint),
        )
        check_strides(spec.strides, spec.dilation_rate)
        if spec.filters % spec.groups:
            raise ArgumentError(
                "`filters` must be a multiple of `groups`. "
                f"Received: filters={spec.filters}, groups={spec.groups}",
                hint=f"filters={(spec.filters // spec.groups + 1) * spec.groups}",
                field="filters",
                value=filters,
            )
        super().__init__(spec, **options)
        self.following = following


def check_strides(strides: Pair, dilation_rate: Pair) -> None:
    """Raise ArgumentError if both are above 1, as Keras does."""
    if max(strides) > 1 and max(dilation_rate) > 1:
        raise ArgumentError(
            "`strides` and `dilation_rate` cannot both be above 1. "
            f"Received: strides={strides}, dilation_rate={dilation_rate}",
            hint="strides=1",
            field="strides",
            value=strides,
        )
