"""The forms of inputs and input shapes that a layer accepts."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from scallion.errors import ArgumentError
from scallion.layers.base.argument_checks import is_integer
from scallion.layers.base.spec import Shape
from scallion.layers.base.tensor import Tensor


def is_array_input(inputs: Any) -> bool:
    """Return whether the inputs are an array, or a list of arrays or numbers."""
    if not isinstance(inputs, list | tuple):
        return hasattr(inputs, "__array__") or isinstance(inputs, int | float)
    several = cast("Sequence[Any]", inputs)
    return (
        len(several) > 0
        and not any(isinstance(one, Tensor) for one in several)
        and is_array_input(several[0])
    )


def takes_several_arrays(arguments: Sequence[Any], options: Mapping[str, Any]) -> bool:
    """Return whether a call on arrays has another array besides its inputs."""
    return any(hasattr(one, "__array__") for one in (*arguments, *options.values()))


def image_shapes(input_shape: Any) -> tuple[Shape, ...]:
    """Return the shapes of one input or of a list of inputs, without the batch."""
    shapes = as_shape_list(input_shape)
    for shape in shapes:
        sides = cast("list[Any]", shape) if isinstance(shape, tuple | list) else []
        if not sides or not all(is_integer(side, least=1) for side in sides[1:]):
            raise ArgumentError(
                "a shape must be the batch size, followed by integers. "
                f"Received: input_shape={input_shape!r}",
                hint="(None, 32, 32, 3)",
                field="input_shape",
                value=input_shape,
            )
    return tuple(tuple(int(side) for side in shape[1:]) for shape in shapes)


def as_shape_list(input_shape: Any) -> list[Any]:
    """Return a list of shapes from one shape or a list of them."""
    if isinstance(input_shape, list):
        listed = cast("list[Any]", input_shape)
        if listed and isinstance(listed[0], tuple | list):
            return listed
    return [input_shape]
