"""Depthwise and depthwise separable convolution layers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar, Unpack

from scallion import activations, constraints, initializers, regularizers
from scallion.activations import ActivationFunction
from scallion.constraints import Constraint
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
class DepthwiseConv2DSpec(Spec):
    """Convolve each channel with kernels of its own: (H, W, C) -> (H', W', C * depth_multiplier).

    >>> DepthwiseConv2DSpec((3, 3)).arithmetic((32, 32, 16))
    '3*3*16*1 + 16 = 160'
    """

    family: ClassVar[Family] = "weights"
    fixed_config: ClassVar[Mapping[str, Any]] = {
        "data_format": "channels_last",
        "activity_regularizer": None,
    }

    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    depth_multiplier: int = 1
    dilation_rate: Pair = (1, 1)
    activation: ActivationFunction = activations.linear
    use_bias: bool = True
    depthwise_initializer: Initializer = initializers.GlorotUniform()
    bias_initializer: Initializer = initializers.Zeros()
    depthwise_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    depthwise_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        window = SlidingWindow(
            "kernel_size", self.kernel_size, self.strides, self.padding, self.dilation_rate
        )
        return (
            *window.output_size(shapes[0]),
            as_image_shape(shapes[0])[2] * self.depth_multiplier,
        )

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        channels = as_image_shape(shapes[0])[2]
        kernel = WeightSpec(
            "kernel",
            (*self.kernel_size, channels, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        bias = WeightSpec(
            "bias",
            (channels * self.depth_multiplier,),
            self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )
        return (kernel, bias) if self.use_bias else (kernel,)

    def macs(self, *shapes: Shape) -> int:
        return prod(self.output_shape(*shapes)) * prod(self.kernel_size)


class DepthwiseConv2D(Layer):
    """Depthwise 2D convolution: `DepthwiseConv2D(3, padding="same")`."""

    spec: DepthwiseConv2DSpec

    def __init__(
        self,
        kernel_size: int | Pair,
        strides: int | Pair = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Pair = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        refuse_arguments(
            "DepthwiseConv2D",
            activity_regularizer=activity_regularizer,
        )
        own_activation, following = split_activation(activation)
        spec = DepthwiseConv2DSpec(
            checked_pair(kernel_size, "kernel_size"),
            checked_pair(strides, "strides"),
            checked_padding(padding),
            checked_int("depth_multiplier", depth_multiplier),
            checked_pair(dilation_rate, "dilation_rate"),
            own_activation,
            bool(use_bias),
            initializers.get(depthwise_initializer),
            initializers.get(bias_initializer),
            regularizers.get(depthwise_regularizer),
            regularizers.get(bias_regularizer),
            constraints.get(depthwise_constraint),
            constraints.get(bias_constraint),
        )
        super().__init__(spec, **options)
        self.following = following


@dataclass(frozen=True, slots=True, eq=False)
class SeparableConv2DSpec(Spec):
    """Convolve depthwise, then pointwise (1x1): (H, W, C) -> (H', W', filters).

    >>> SeparableConv2DSpec(32, (3, 3)).arithmetic((32, 32, 16))
    '3*3*16*1 + 1*1*16*32 + 32 = 688'
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
    depth_multiplier: int = 1
    activation: ActivationFunction = activations.linear
    use_bias: bool = True
    depthwise_initializer: Initializer = initializers.GlorotUniform()
    pointwise_initializer: Initializer = initializers.GlorotUniform()
    bias_initializer: Initializer = initializers.Zeros()
    depthwise_regularizer: Regularizer | None = None
    pointwise_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    depthwise_constraint: Constraint | None = None
    pointwise_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None

    @property
    def depthwise(self) -> DepthwiseConv2DSpec:
        """The specification of the depthwise part."""
        return DepthwiseConv2DSpec(
            self.kernel_size,
            self.strides,
            self.padding,
            self.depth_multiplier,
            self.dilation_rate,
            use_bias=False,
            depthwise_initializer=self.depthwise_initializer,
            depthwise_regularizer=self.depthwise_regularizer,
            depthwise_constraint=self.depthwise_constraint,
        )

    def output_shape(self, *shapes: Shape) -> Shape:
        return (*self.depthwise.output_shape(*shapes)[:2], self.filters)

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        (first,) = self.depthwise.weights(*shapes)
        channels = self.depthwise.output_shape(*shapes)[2]
        depthwise = replace(first, name="depthwise_kernel")
        pointwise = WeightSpec(
            "pointwise_kernel",
            (1, 1, channels, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        bias = WeightSpec(
            "bias",
            (self.filters,),
            self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )
        return (depthwise, pointwise, bias) if self.use_bias else (depthwise, pointwise)

    def macs(self, *shapes: Shape) -> int:
        pointwise = prod(self.depthwise.output_shape(*shapes)) * self.filters
        return self.depthwise.macs(*shapes) + pointwise


class SeparableConv2D(Layer):
    """Depthwise separable 2D convolution: depthwise, then pointwise."""

    spec: SeparableConv2DSpec

    def __init__(
        self,
        filters: int,
        kernel_size: int | Pair,
        strides: int | Pair = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Pair = (1, 1),
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        refuse_arguments(
            "SeparableConv2D",
            activity_regularizer=activity_regularizer,
        )
        own_activation, following = split_activation(activation)
        spec = SeparableConv2DSpec(
            checked_int("filters", filters),
            checked_pair(kernel_size, "kernel_size"),
            checked_pair(strides, "strides"),
            checked_padding(padding),
            checked_pair(dilation_rate, "dilation_rate"),
            checked_int("depth_multiplier", depth_multiplier),
            own_activation,
            bool(use_bias),
            initializers.get(depthwise_initializer),
            initializers.get(pointwise_initializer),
            initializers.get(bias_initializer),
            regularizers.get(depthwise_regularizer),
            regularizers.get(pointwise_regularizer),
            regularizers.get(bias_regularizer),
            constraints.get(depthwise_constraint),
            constraints.get(pointwise_constraint),
            constraints.get(bias_constraint),
        )
        super().__init__(spec, **options)
        self.following = following
