"""A weight as a tensor, so that layers can compute with it."""

from dataclasses import dataclass
from typing import ClassVar, Unpack

from scallion import initializers
from scallion.errors import ShapeError
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Shape, Spec, WeightSpec
from scallion.layers.base.variable import Variable


@dataclass(frozen=True, slots=True, eq=False)
class ParameterSpec(Spec):
    """Return a weight for each image, whatever the input: its axes are the input's last ones.

    >>> ParameterSpec((3,)).output_shape((8, 8, 3))
    (1, 1, 3)
    """

    family: ClassVar[Family] = "weights"
    ignores_input: ClassVar[bool] = True

    shape: Shape
    trains: bool = True

    def output_shape(self, *shapes: Shape) -> Shape:
        missing = len(shapes[0]) - len(self.shape)
        if missing < 0:
            raise ShapeError(
                f"a weight of {self.shape} has more axes than each image. "
                f"Received: shape={(None, *shapes[0])}",
                hint="give the weight the shape (channels,)",
                field="shape",
                value=self.shape,
            )
        return (*[1] * missing, *self.shape)

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        return (WeightSpec("value", self.shape, initializers.Zeros(), self.trains),)


class Parameter(Layer):
    """A weight as a tensor: `Parameter((3,))(x)` has the shape (None, 1, 1, 3) for images x.

    Arithmetic on tensors adds this layer where an operand is the weight of a layer.
    """

    spec: ParameterSpec

    def __init__(
        self, shape: tuple[int, ...], trains: bool = True, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(ParameterSpec(tuple(shape), bool(trains)), **options)

    @classmethod
    def of(cls, source: Variable, name: str | None = None) -> "Parameter":
        """Return the layer of a variable, which it shares."""
        layer = cls(source.shape, source.spec.trainable, name=name)
        layer._shared = source
        return layer

    _shared: Variable | None = None

    def _create_weights(self, shapes: tuple[Shape, ...]) -> None:
        if self._shared is not None and self._built_for is None:
            self._weights, self._built_for = [self._shared], shapes
            return
        super()._create_weights(shapes)


__all__ = ["Parameter", "ParameterSpec"]
