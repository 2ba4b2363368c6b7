"""The input of a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from scallion.errors import ArgumentError, UnsupportedError
from scallion.layers.base.argument_checks import checked_int, refuse_arguments, require_float32
from scallion.layers.base.layer import Layer
from scallion.layers.base.spec import Family, Shape, Spec
from scallion.layers.base.tensor import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class InputLayerSpec(Spec):
    """An input of the network: images of one shape. Has no weights.

    >>> InputLayerSpec((32, 32, 3)).output_shape()
    (32, 32, 3)
    """

    family: ClassVar[Family] = "input"
    fixed_config: ClassVar[Mapping[str, Any]] = {
        "dtype": "float32",
        "sparse": False,
        "ragged": False,
        "optional": False,
    }

    shape: Shape
    batch_size: int | None = None

    def output_shape(self, *shapes: Shape) -> Shape:
        return self.shape

    def config(self) -> dict[str, Any]:
        return {"batch_shape": (self.batch_size, *self.shape), **self.fixed_config}


class InputLayer(Layer):
    """The layer that `Input` makes."""

    spec: InputLayerSpec

    def __init__(
        self,
        shape: Sequence[int] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: Any = None,
        ragged: Any = None,
        batch_shape: Sequence[int | None] | None = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
    ) -> None:
        refuse_arguments(
            "Input", sparse=sparse, ragged=ragged, tensor=input_tensor, optional=optional
        )
        require_float32(dtype)
        if batch_shape is not None:
            if shape is not None or batch_size is not None:
                raise ArgumentError(
                    "`batch_shape` replaces `batch_size` and `shape`. Received: "
                    f"shape={shape!r}, batch_size={batch_size!r}, batch_shape={batch_shape!r}",
                    hint="Input(shape=(32, 32, 3))",
                    field="batch_shape",
                    value=batch_shape,
                )
            batch_size, *sides = _sides(batch_shape, "batch_shape", skip=1)
            shape = cast("list[int]", sides)
        if shape is None:
            raise ArgumentError(
                "Input needs the shape of one image. Received: shape=None",
                hint="Input(shape=(32, 32, 3))",
                field="shape",
            )
        size = None if batch_size is None else checked_int("batch_size", batch_size)
        sides = cast("list[int]", _sides(shape, "shape"))
        super().__init__(InputLayerSpec(tuple(sides), size), name=name)
        self._connect(())

    def get_config(self) -> dict[str, Any]:
        return {**self.spec.config(), "name": self.name}


def Input(  # noqa: N802 (Keras' name)
    shape: Sequence[int] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: Any = None,
    ragged: Any = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> Tensor:
    """Return a symbolic tensor of images of this shape, without the batch: `Input((32, 32, 3))`.

    Raises ArgumentError for an invalid shape, UnsupportedError for sides of None.
    """
    return (
        InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name)
        .nodes[0]
        .output
    )


def _sides(shape: Any, name: str, skip: int = 0) -> list[int | None]:
    """Return the sides as integers; the first `skip` may be None."""
    if not isinstance(shape, Sequence | np.ndarray) or isinstance(shape, str):
        example = f"({shape}, {shape}, 1)" if isinstance(shape, int) else "(32, 32, 3)"
        raise ArgumentError(
            f"a shape must be a sequence of integers. Received: {name}={shape!r}",
            hint=f"Input(shape={example})",
            field=name,
            value=shape,
        )
    sides: list[Any] = list(cast("Sequence[Any]", shape))
    for side in sides[skip:]:
        if side is None:
            raise UnsupportedError(
                f"all images must have one size that is known. Received: {name}={shape!r}",
                hint="Input(shape=(32, 32, 3)), with all images resized to it",
                field=name,
                value=shape,
            )
        if isinstance(side, bool) or not isinstance(side, int | np.integer) or side < 1:
            raise ArgumentError(
                f"each side must be an integer of at least 1. Received: {name}={shape!r}",
                hint="Input(shape=(32, 32, 3))",
                field=name,
                value=shape,
            )
    return [None if side is None else int(side) for side in sides]
