"""Unit normalization: dividing by the Euclidean norm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

from scallion.errors import UnsupportedError
from scallion.layers.base.argument_checks import checked_float
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Shape, Spec
from scallion.layers.operators.operation import OperationLayer
from scallion.layers.operators.reduction import checked_axes, image_axes, kept_shape


@dataclass(frozen=True, slots=True, eq=False)
class NormSpec(Spec):
    """The base of divisions by the Euclidean norm along axes."""

    family: ClassVar[Family] = "normalization"

    axis: int | tuple[int, ...] = -1

    @property
    def smallest_norm(self) -> float:
        """The norm that smaller ones count as: that of Keras' UnitNormalization."""
        return 1e-12

    def output_shape(self, *shapes: Shape) -> Shape:
        self.image_axes(shapes[0])
        return shapes[0]

    def image_axes(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes of one image, in order. Raises ShapeError for those it lacks."""
        return image_axes(self._axes, shape)

    def kept_shape(self, shape: Shape) -> Shape:
        """Return the shape of the norms, with sides of 1 for the axes that they run along."""
        return kept_shape(self._axes, shape)

    @property
    def _axes(self) -> tuple[int, ...]:
        return self.axis if isinstance(self.axis, tuple) else (self.axis,)


@dataclass(frozen=True, slots=True, eq=False)
class UnitNormalizationSpec(NormSpec):
    """Divide by the Euclidean norm along axes, so that it is 1."""


class UnitNormalization(Layer):
    """Divide by the Euclidean norm along `axis`: `UnitNormalization()(x)` has rows of norm 1."""

    spec: UnitNormalizationSpec

    def __init__(self, axis: int | Sequence[int] = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(UnitNormalizationSpec(_axis(axis)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class NormalizeSpec(NormSpec):
    """Divide by the Euclidean norm; norms below `epsilon` count as that."""

    epsilon: float | None = None

    @property
    def smallest_norm(self) -> float:
        """The norm that smaller ones count as; by default keras.config.epsilon()."""
        return 1e-7 if self.epsilon is None else self.epsilon

    def config(self) -> dict[str, Any]:
        return {"axis": self.axis, "order": 2, "epsilon": self.epsilon}


class Normalize(OperationLayer):
    """Divide by the Euclidean norm: `ops.normalize(x)`."""

    keras_module: ClassVar[str] = "keras.src.ops.nn"
    spec: NormalizeSpec

    def __init__(
        self, axis: int = -1, order: int = 2, epsilon: float | None = None,
        *, name: str | None = None,
    ) -> None:  # fmt: skip
        if order != 2:
            raise UnsupportedError(
                f"a symbolic tensor is divided by its Euclidean norm. Received: order={order!r}",
                hint="order=2, or x / ops.sum(ops.abs(x), axis=-1, keepdims=True)",
                field="order",
                value=order,
            )
        checked = None if epsilon is None else checked_float("epsilon", epsilon, least=0)
        super().__init__(NormalizeSpec(_axis(axis), checked), name=name)


def _axis(axis: Any) -> int | tuple[int, ...]:
    axes = checked_axes(axis)
    return axes if isinstance(axis, list | tuple) else axes[0]


__all__ = ["NormSpec", "Normalize", "NormalizeSpec", "UnitNormalization", "UnitNormalizationSpec"]
