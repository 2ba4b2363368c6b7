"""A constant as a tensor, so that layers can compute with an array. It is no weight."""

from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

import numpy as np

from scallion.errors import ArgumentError, ShapeError
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Shape, Spec


@dataclass(frozen=True, slots=True, eq=False)
class ConstantSpec(Spec):
    """Return the same array for each image, whatever the input: its axes are the last ones.

    >>> ConstantSpec(np.ones(3, np.float32)).output_shape((8, 8, 3))
    (1, 1, 3)
    """

    ignores_input: ClassVar[bool] = True

    value: np.ndarray

    def output_shape(self, *shapes: Shape) -> Shape:
        missing = len(shapes[0]) - self.value.ndim
        if missing < 0:
            raise ShapeError(
                f"an array of {self.value.shape} has more axes than each image. "
                f"Received: shape={(None, *shapes[0])}",
                hint="an array of the shape (channels,), or (1, ...) for the whole batch",
                field="value",
                value=self.value.shape,
            )
        return (*[1] * missing, *self.value.shape)

    def config(self) -> dict[str, Any]:
        return {"value": self.value.tolist()}


class Constant(Layer):
    """An array as a tensor: `Constant([1, 2, 3])(x)` has the shape (None, 1, 1, 3) for images x.

    Arithmetic on tensors adds this layer where an operand is an array. Keras has none: there the
    array is an argument of the operation, in model files, too.
    """

    spec: ConstantSpec

    def __init__(self, value: Any, **options: Unpack[LayerOptions]) -> None:
        try:
            array = np.array(value, np.float32)
        except (TypeError, ValueError):
            array = np.array(np.nan)
        if not array.size or not np.isfinite(array).all():
            raise ArgumentError(
                f"a constant is an array of finite numbers. Received: {value!r:.100}",
                hint="replace NaN and infinity, for instance by -1e9",
                field="value",
                value=value,
            )
        array.flags.writeable = False
        super().__init__(ConstantSpec(array), **options)


__all__ = ["Constant", "ConstantSpec"]
