"""Elementwise operations that are no layers in Keras: square root, logarithm, quotient."""

from dataclasses import dataclass
from typing import ClassVar

from scallion.errors import ShapeError
from scallion.layers.base.spec import Family, Shape, Spec
from scallion.layers.merging import MergeSpec
from scallion.layers.operators.operation import OperationLayer


@dataclass(frozen=True, slots=True, eq=False)
class SqrtSpec(Spec):
    """Take the square root of each element."""

    family: ClassVar[Family] = "activation"


class Sqrt(OperationLayer):
    """The square root of each element: `ops.sqrt(x)`."""

    spec: SqrtSpec

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(SqrtSpec(), name=name)


@dataclass(frozen=True, slots=True, eq=False)
class LogSpec(Spec):
    """Take the natural logarithm of each element."""

    family: ClassVar[Family] = "activation"


class Log(OperationLayer):
    """The natural logarithm of each element: `ops.log(x)`."""

    spec: LogSpec

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(LogSpec(), name=name)


@dataclass(frozen=True, slots=True, eq=False)
class TrueDivideSpec(MergeSpec):
    """Divide the first input by the second, element by element."""

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes) != 2:
            raise ShapeError(f"it takes two inputs. Received: {len(shapes)}", hint="[x, y]")
        return MergeSpec.output_shape(self, *shapes)


class TrueDivide(OperationLayer):
    """The quotient of two tensors: `x / y`."""

    spec: TrueDivideSpec

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(TrueDivideSpec(), name=name)


__all__ = ["Log", "LogSpec", "Sqrt", "SqrtSpec", "TrueDivide", "TrueDivideSpec"]
