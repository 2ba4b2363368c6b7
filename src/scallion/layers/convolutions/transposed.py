"""Transposed convolution, which enlarges images: the reverse of a convolution's shapes."""

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
    is_integer,
    refuse_arguments,
    require_channels_last,
)
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Padding, Pair, Shape, Spec, WeightSpec, as_image_shape
from scallion.layers.convolutions.convolution import check_strides
from scallion.regularizers import Regularizer


@dataclass(frozen=True, slots=True, eq=False)
class Conv2DTransposeSpec(Spec):
    """Spread each pixel over a window of a larger image: (H, W, C) -> (H', W', filters).

    >>> Conv2DTransposeSpec(8, (3, 3), (2, 2), "same").output_shape((16, 16, 32))
    (32, 32, 8)
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
    output_padding: Pair | None = None
    dilation_rate: Pair = (1, 1)
    activation: ActivationFunction = activations.linear
    use_bias: bool = True
    kernel_initializer: Initializer = initializers.GlorotUniform()
    bias_initializer: Initializer = initializers.Zeros()
    kernel_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    kernel_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None

    def crops(self) -> tuple[Pair, Pair]:
        """Return how many rows and columns to crop at either end of the area that windows cover.

        A negative number adds that many rows or columns of zeros.
        """
        rows, columns = (
            transposed_crop(kernel, stride, dilation, self.padding, extra)
            for kernel, stride, dilation, extra in zip(
                self.kernel_size,
                self.strides,
                self.dilation_rate,
                self.output_padding or (None, None),
                strict=True,
            )
        )
        return rows, columns

    def output_shape(self, *shapes: Shape) -> Shape:
        sides = [
            (length - 1) * stride + (kernel - 1) * dilation + 1 - sum(crop)
            for length, kernel, stride, dilation, crop in zip(
                as_image_shape(shapes[0])[:2],
                self.kernel_size,
                self.strides,
                self.dilation_rate,
                self.crops(),
                strict=True,
            )
        ]
        if min(sides) < 1:
            raise ShapeError(
                f"the output has {sides[0]} rows and {sides[1]} columns",
                hint='padding="valid"',
                field="padding",
                value=self.padding,
            )
        return (*sides, self.filters)

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        kernel = WeightSpec(
            "kernel",
            (*self.kernel_size, self.filters, as_image_shape(shapes[0])[2]),
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
        return prod(shapes[0][:2]) * prod(self.weights(*shapes)[0].shape)


class Conv2DTranspose(Layer):
    """2D transposed convolution: `Conv2DTranspose(32, 3, strides=2, padding="same")`."""

    spec: Conv2DTransposeSpec

    def __init__(
        self,
        filters: int,
        kernel_size: int | Pair,
        strides: int | Pair = (1, 1),
        padding: str = "valid",
        output_padding: int | Pair | None = None,
        data_format: str | None = None,
        dilation_rate: int | Pair = (1, 1),
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
        refuse_arguments("Conv2DTranspose", activity_regularizer=activity_regularizer)
        own_activation, following = split_activation(activation)
        spec = Conv2DTransposeSpec(
            checked_int("filters", filters),
            checked_pair(kernel_size, "kernel_size"),
            checked_pair(strides, "strides"),
            checked_padding(padding),
            _checked_output_padding(output_padding, checked_pair(strides, "strides")),
            checked_pair(dilation_rate, "dilation_rate"),
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
        super().__init__(spec, **options)
        self.following = following


def transposed_crop(
    kernel: int, stride: int, dilation: int, padding: Padding, output_padding: int | None
) -> Pair:
    """Return how much Keras crops at either end of the length that windows cover, on one axis.

    >>> transposed_crop(3, 2, 1, "same", None), transposed_crop(2, 3, 1, "valid", None)
    ((0, 1), (0, -1))
    """
    window = (kernel - 1) * dilation + 1
    if padding == "valid":
        return (0, min(window - stride, 0) if output_padding is None else -output_padding)
    # By default the output is `stride` times as long as the input.
    total = window - (stride if output_padding is None else window % 2 + output_padding)
    padded = 2 * (window - 1) - total
    before = window - 1 - min(padded // 2 + padded % 2, window - 1)
    return (before, total - before)


def _checked_output_padding(value: int | Pair | None, strides: Pair) -> Pair | None:
    """Return `output_padding` as a pair below `strides`. Raises ArgumentError."""
    if value is None:
        return None
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or not all(is_integer(one, least=0) for one in pair):
        raise ArgumentError(
            "`output_padding` must be one or two integers of at least 0. "
            f"Received: output_padding={value!r}",
            hint="output_padding=1",
            field="output_padding",
            value=value,
        )
    if any(one >= stride for one, stride in zip(pair, strides, strict=True)):
        raise ArgumentError(
            "`output_padding` must be less than `strides`. "
            f"Received: output_padding={value!r}, strides={strides}",
            hint=f"output_padding={strides[0] - 1}",
            field="output_padding",
            value=value,
        )
    return (pair[0], pair[1])
