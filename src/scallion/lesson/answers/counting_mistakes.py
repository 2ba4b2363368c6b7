"""Expected mistakes in counting a layer's parameters, computed from its shapes."""

from dataclasses import dataclass
from math import prod
from typing import Literal

import msgspec

from scallion.errors import DataError
from scallion.layers.base.spec import Spec
from scallion.layers.convolutions.convolution import Conv2DSpec
from scallion.layers.dense import DenseSpec

_Candidate = tuple[str, tuple[int, ...], str]  # name, wrong numbers, hint


class ParameterCount(msgspec.Struct, forbid_unknown_fields=True):
    """A layer on an image (height, width, channels), whose parameters a question asks for.

    A Dense layer gets the flattened image. `kernel_size` is the side of the square kernel.
    """

    layer: Literal["Dense", "Conv2D"]
    image: tuple[int, int, int]
    units: int = 0
    filters: int = 0
    kernel_size: int = 3
    use_bias: bool = True

    def __post_init__(self) -> None:
        field = "units" if self.layer == "Dense" else "filters"
        if getattr(self, field) < 1 or min(self.image) < 1:
            raise DataError(
                f"{field} and the sizes of the image must be 1 or more for a {self.layer} layer. "
                f"Received: {field}={getattr(self, field)}, image={self.image}",
                hint=f"{field} = 100",
            )

    @property
    def parameters(self) -> int:
        """The right answer."""
        spec, shape = self._spec()
        return spec.parameters(shape)

    @property
    def arithmetic(self) -> str:
        """The right answer with its calculation, such as `32*3*3*3 + 32 = 896`."""
        spec, shape = self._spec()
        return spec.arithmetic(shape)

    def _spec(self) -> tuple[Spec, tuple[int, ...]]:
        if self.layer == "Dense":
            return DenseSpec(self.units, use_bias=self.use_bias), (prod(self.image),)
        side = self.kernel_size
        return Conv2DSpec(self.filters, (side, side), use_bias=self.use_bias), self.image


@dataclass(frozen=True, slots=True)
class CountingMistake:
    """A wrong answer that learners give, and the hint for it."""

    name: str
    value: int
    hint: str


def expected_mistakes(count: ParameterCount) -> list[CountingMistake]:
    """Return mistakes that lead to different wrong numbers, the most instructive first."""
    if count.layer == "Dense":
        candidates = _dense_mistakes(count)
    else:
        candidates = [*_kernel_mistakes(count), *_other_convolution_mistakes(count)]
    seen = {count.parameters}
    found: list[CountingMistake] = []
    for name, values, hint in candidates:
        for value in values:
            if value not in seen:
                seen.add(value)
                found.append(CountingMistake(name, value, hint))
    return found


def _dense_bias_mistakes(count: ParameterCount) -> list[_Candidate]:
    inputs, units = prod(count.image), count.units
    if not count.use_bias:
        return [
            (
                "a bias that is not there",
                (inputs * units + units,),
                "That counts biases as well, and here there are none.",
            )
        ]
    return [
        (
            "no bias",
            (inputs * units,),
            "The weights are right. Each unit also adds its bias: how many biases are there?",
        ),
        (
            "one bias for all",
            (inputs * units + 1,),
            "Almost: the units do not share one bias, each has its own.",
        ),
        (
            "a bias for each input",
            (inputs * units + inputs,),
            ("The weights are right. A bias belongs to a unit, not to an input: count the units."),
        ),
    ]


def _dense_mistakes(count: ParameterCount) -> list[_Candidate]:
    height, width, channels = count.image
    pixels, inputs, units = height * width, prod(count.image), count.units
    bias = units if count.use_bias else 0
    return [
        *_dense_bias_mistakes(count),
        (
            "forgot the channels",
            (pixels * units + bias, pixels * units),
            (
                f"You counted {height}*{width} = {pixels:,} inputs. A pixel of this image is not "
                f"one number: it has {channels} of them."
            ),
        ),
        (
            "a Dense layer at each pixel",
            (channels * units + bias, channels * units),
            (
                f"That is a Dense layer on the {channels} numbers of one pixel, which you get "
                f"without Flatten before it. Here each unit is connected to all {pixels:,} pixels."
            ),
        ),
        (
            "one unit",
            (inputs + 1, inputs),
            f"That is what a single unit needs. There are {units}.",
        ),
        (
            "added, not multiplied",
            (inputs + units,),
            (
                "You added inputs and units. Every unit is connected to every input: that is a "
                "product."
            ),
        ),
        (
            "multiplied twice",
            (inputs * units * units,),
            (
                "You multiplied by the units twice. There is one weight for each pair of an "
                "input and a unit."
            ),
        ),
    ]


def _kernel_mistakes(count: ParameterCount) -> list[_Candidate]:
    channels, side, filters = count.image[2], count.kernel_size, count.filters
    area, weights = side * side, side * side * channels
    bias = filters if count.use_bias else 0
    if count.use_bias:
        bias_mistake: _Candidate = (
            "no bias",
            (weights * filters,),
            "The weights are right. Each kernel also has one bias.",
        )
    else:
        bias_mistake = (
            "a bias that is not there",
            (weights * filters + filters,),
            "Almost: you gave each kernel a bias, and the question says that there are none.",
        )
    return [
        bias_mistake,
        (
            "forgot the channels",
            (area * filters + bias, area * filters),
            (
                f"You counted {side}*{side} = {area} weights per kernel. A kernel covers all "
                f"{channels} channels of the image."
            ),
        ),
        (
            "counted one kernel",
            (weights, weights + 1),
            f"That is one kernel. The layer has {filters} of them, each with weights of its own.",
        ),
    ]


def _other_convolution_mistakes(count: ParameterCount) -> list[_Candidate]:
    height, width, channels = count.image
    side, filters, inputs = count.kernel_size, count.filters, prod(count.image)
    weights = side * side * channels
    places = (height - side + 1) * (width - side + 1)
    return [
        (
            "multiplied by the image size",
            tuple(
                total * area
                for area in (height * width, places)
                for total in (weights * filters, weights * filters + filters)
            ),
            (
                "That would be different kernels at each place of the image. A kernel slides: it "
                "uses the same weights everywhere, so the size of the image does not matter."
            ),
        ),
        (
            "counted the outputs",
            (places * filters,),
            (
                f"Those are the outputs, {places:,} for each kernel. Parameters are what is "
                "learned: the weights of the kernels."
            ),
        ),
        (
            "added, not multiplied",
            (weights + filters,),
            f"You added. Each of the {filters} kernels has its own weights: that is a product.",
        ),
        (
            "counted the channels twice",
            (weights * filters * channels,),
            (
                f"You multiplied by the {channels} channels twice. A kernel's weights include them "
                "already."
            ),
        ),
        (
            "a Dense layer",
            (inputs * filters + filters, inputs * filters),
            (
                f"That is a Dense layer of {filters} units, connected to the whole image. A kernel "
                f"is connected to {side}x{side} pixels at a time."
            ),
        ),
    ]
