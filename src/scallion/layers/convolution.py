"""Convolutions: kernels that slide over the image."""

from dataclasses import dataclass
from math import prod

from scallion import activations, initializers
from scallion.errors import ShapeError
from scallion.initializers import Initializer
from scallion.layers.layer import Layer
from scallion.layers.spec import Padding, Pair, Shape, Spec, WeightSpec, as_padding, as_pair, slide


@dataclass(frozen=True, slots=True, eq=False)
class Convolution(Spec):
    """Kernels over an image: (H, W, C) -> (H', W', filters), one number a place and kernel.

    >>> Convolution(32, (3, 3)).arithmetic((32, 32, 3))
    '3*3*3*32 + 32 = 896'
    """

    filters: int
    kernel_size: Pair
    strides: Pair = (1, 1)
    padding: Padding = "valid"
    dilation_rate: Pair = (1, 1)
    groups: int = 1
    activation: str = "linear"
    use_bias: bool = True
    kernel_initializer: Initializer = initializers.GlorotUniform()
    bias_initializer: Initializer = initializers.Zeros()

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, _ = shapes[0]
        sides = [
            slide(size, window, stride, self.padding, dilation)
            for size, window, stride, dilation in zip(
                (height, width), self.kernel_size, self.strides, self.dilation_rate, strict=True
            )
        ]
        if min(sides) < 1:
            raise ShapeError(
                f"a {self.kernel_size[0]}x{self.kernel_size[1]} kernel does not fit "
                f"a {height}x{width} image",
                hint='use padding="same", a smaller kernel, or one pooling layer fewer',
            )
        return (*sides, self.filters)

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        channels = shapes[0][-1] // self.groups
        kernel = WeightSpec(
            "kernel", (*self.kernel_size, channels, self.filters), self.kernel_initializer
        )
        bias = WeightSpec("bias", (self.filters,), self.bias_initializer)
        return (kernel, bias) if self.use_bias else (kernel,)

    def macs(self, *shapes: Shape) -> int:
        places = prod(self.output_shape(*shapes)[:2])
        return places * prod(self.weights(*shapes)[0].shape)


class Conv2D(Layer):
    """A convolution over images."""

    spec: Convolution

    def __init__(
        self,
        filters: int,
        kernel_size: int | Pair,
        strides: int | Pair = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Pair = (1, 1),
        groups: int = 1,
        activation: str | None = None,
        use_bias: bool = True,
        kernel_initializer: str | Initializer = "glorot_uniform",
        bias_initializer: str | Initializer = "zeros",
        *,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        spec = Convolution(
            filters,
            as_pair(kernel_size, "kernel_size"),
            as_pair(strides, "strides"),
            as_padding(padding),
            as_pair(dilation_rate, "dilation_rate"),
            groups,
            activations.get(activation),
            use_bias,
            initializers.get(kernel_initializer),
            initializers.get(bias_initializer),
        )
        super().__init__(spec, name=name, trainable=trainable)
