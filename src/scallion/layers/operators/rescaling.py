"""Rescaling: x * scale + offset, for all values or per channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack, cast

import numpy as np

from scallion.errors import ShapeError
from scallion.layers.base.argument_checks import checked_float
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Shape, Spec


@dataclass(frozen=True, slots=True, eq=False)
class RescalingSpec(Spec):
    """Compute x * scale + offset, with one number for all values or one per channel."""

    scale: float | tuple[float, ...]
    offset: float | tuple[float, ...] = 0.0

    @property
    def is_per_channel(self) -> bool:
        """True if scale or offset has one number per channel."""
        return isinstance(self.scale, tuple) or isinstance(self.offset, tuple)

    def output_shape(self, *shapes: Shape) -> Shape:
        self.per_channel(shapes[0])
        return shapes[0]

    def per_channel(self, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
        """Return scale and offset of each channel as float32. Raises ShapeError."""
        channels = shape[-1] if shape else 1
        for name in ("scale", "offset"):
            value: float | tuple[float, ...] = getattr(self, name)
            if isinstance(value, tuple) and len(value) not in (1, channels):
                raise ShapeError(
                    f"`{name}` must have one number per channel of the input {(None, *shape)}. "
                    f"Received: {len(value)} numbers",
                    hint=f"{name}=1.0, or {channels} numbers",
                    field=name,
                    value=value,
                )
        scale, offset = (
            np.array(np.broadcast_to(np.asarray(value, np.float32), (channels,)))
            for value in (self.scale, self.offset)
        )
        return scale, offset


class Rescaling(Layer):
    """Compute x * scale + offset: `Rescaling(1 / 255)` maps pixels to 0..1.

    Either may be a list with one number per channel.
    """

    spec: RescalingSpec

    def __init__(
        self,
        scale: float | Sequence[float],
        offset: float | Sequence[float] = 0.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            RescalingSpec(_number_or_tuple("scale", scale), _number_or_tuple("offset", offset)),
            **options,
        )


def _number_or_tuple(name: str, value: Any) -> float | tuple[float, ...]:
    if isinstance(value, list | tuple | np.ndarray):
        several = list(cast("Sequence[Any]", value))
        if several and np.ndim(several[0]) == 0:
            return tuple(checked_float(name, one) for one in several)
    return checked_float(name, value)


__all__ = ["Rescaling", "RescalingSpec"]
