"""What people answer when they count a layer's parameters and slip, from the shapes alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Literal

import msgspec

from scallion.errors import DataError
from scallion.layers.convolution import Conv2DSpec
from scallion.layers.dense import DenseSpec
from scallion.layers.spec import Spec


class ParameterCount(msgspec.Struct, forbid_unknown_fields=True):
    """A layer on an image (height, width, channels), whose parameters a question asks for.

    A Dense layer sees all numbers of the image in one row. `kernel_size` is the kernel's side.
    """

    layer: Literal["Dense", "Conv2D"]
    image: tuple[int, int, int]
    units: int = 0
    filters: int = 0
    kernel_size: int = 3
    use_bias: bool = True

    def __post_init__(self) -> None:
        wanted = "units" if self.layer == "Dense" else "filters"
        if getattr(self, wanted) < 1 or min(self.image) < 1:
            raise DataError(
                f"a {self.layer} layer on an image of {self.image} has {wanted}. "
                f"Received: {wanted}={getattr(self, wanted)}",
                hint=f"{wanted} = 100",
            )

    @property
    def parameters(self) -> int:
        """The right answer."""
        spec, shape = self._spec()
        return spec.parameters(shape)

    @property
    def arithmetic(self) -> str:
        """The right answer as a sum that can be followed."""
        spec, shape = self._spec()
        return spec.arithmetic(shape)

    def _spec(self) -> tuple[Spec, tuple[int, ...]]:
        if self.layer == "Dense":
            return DenseSpec(self.units, use_bias=self.use_bias), (prod(self.image),)
        side = self.kernel_size
        return Conv2DSpec(self.filters, (side, side), use_bias=self.use_bias), self.image


@dataclass(frozen=True, slots=True)
class CountingMistake:
    """A wrong number that somebody will give, and the nudge that fits it."""

    name: str
    value: int
    hint: str


def expected_mistakes(count: ParameterCount) -> list[CountingMistake]:
    """The mistakes that give a number of their own, the most telling first."""
    made = _of_dense(count) if count.layer == "Dense" else _of_convolution(count)
    seen = {count.parameters}
    found: list[CountingMistake] = []
    for mistake in made:
        if mistake.value not in seen:
            seen.add(mistake.value)
            found.append(mistake)
    return found


def _of_dense(count: ParameterCount) -> Iterator[CountingMistake]:
    height, width, channels = count.image
    pixels, numbers, units = height * width, prod(count.image), count.units
    bias = units if count.use_bias else 0
    if count.use_bias:
        yield CountingMistake(
            "no bias",
            numbers * units,
            "The weights are right. Each unit also adds a number of its own, its bias: how many "
            "biases are there?",
        )
        yield CountingMistake(
            "one bias for all",
            numbers * units + 1,
            "Almost: the units do not share one bias, each has its own.",
        )
        yield CountingMistake(
            "a bias for each input",
            numbers * units + numbers,
            "The weights are right. A bias belongs to a unit, not to an input: count the units.",
        )
    else:
        yield CountingMistake(
            "a bias that is not there",
            numbers * units + units,
            "That counts biases as well, and here there are none.",
        )
    for value in (pixels * units + bias, pixels * units):
        yield CountingMistake(
            "forgot the channels",
            value,
            f"You counted {height}*{width} = {pixels:,} inputs. A pixel of this image is not one "
            f"number: it has {channels} of them.",
        )
    for value in (channels * units + bias, channels * units):
        yield CountingMistake(
            "a Dense layer at each pixel",
            value,
            f"That is a Dense layer on the {channels} numbers of one pixel, which is what you get "
            f"without Flatten before it. Here each unit is connected to all {pixels:,} pixels.",
        )
    for value in (numbers + 1, numbers):
        yield CountingMistake(
            "one unit",
            value,
            f"That is what a single unit needs. There are {units}.",
        )
    yield CountingMistake(
        "added, not multiplied",
        numbers + units,
        "You added inputs and units. Every unit is connected to every input: that is a product.",
    )
    yield CountingMistake(
        "multiplied twice",
        numbers * units * units,
        "The units are in there twice. One weight for each pair of an input and a unit.",
    )


def _of_convolution(count: ParameterCount) -> Iterator[CountingMistake]:
    height, width, channels = count.image
    side, filters = count.kernel_size, count.filters
    kernel = side * side * channels
    bias = filters if count.use_bias else 0
    places = (height - side + 1) * (width - side + 1)
    if count.use_bias:
        yield CountingMistake(
            "no bias",
            kernel * filters,
            "The kernels are right. Each kernel also has a bias: one number more.",
        )
    else:
        yield CountingMistake(
            "a bias that is not there",
            kernel * filters + filters,
            "Almost: you gave each kernel a bias, and the question says that there are none.",
        )
    for value in (side * side * filters + bias, side * side * filters):
        yield CountingMistake(
            "forgot the channels",
            value,
            f"You counted {side}*{side} = {side * side} numbers a kernel. A kernel reaches through "
            f"all {channels} channels of the image.",
        )
    for value in (kernel, kernel + 1):
        yield CountingMistake(
            "counted one kernel",
            value,
            f"That is one kernel. The layer has {filters} of them, each with numbers of its own.",
        )
    for area in (height * width, places):
        for weights in (kernel * filters, kernel * filters + filters):
            yield CountingMistake(
                "multiplied by the image size",
                weights * area,
                "That has different kernels at each place of the image. A kernel slides: the same "
                "numbers are used everywhere, so the image's size does not matter.",
            )
    yield CountingMistake(
        "counted the outputs",
        places * filters,
        f"Those are the numbers that come out, {places:,} places for each kernel. Parameters are "
        "what is learned: the numbers inside the kernels.",
    )
    yield CountingMistake(
        "added, not multiplied",
        kernel + filters,
        f"You added. Each of the {filters} kernels has all of its own numbers: that is a product.",
    )
    yield CountingMistake(
        "counted the channels twice",
        kernel * filters * channels,
        f"The {channels} channels are in there twice. They belong to the kernel already.",
    )
    numbers = prod(count.image)
    for value in (numbers * filters + filters, numbers * filters):
        yield CountingMistake(
            "a Dense layer",
            value,
            f"That is a Dense layer of {filters} units, connected to the whole image. A kernel is "
            f"connected to {side}x{side} pixels at a time.",
        )
