"""Constraints that weights are projected onto after each update: limits of norm or sign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np

from scallion import session
from scallion.class_registry import serialize_object
from scallion.errors import (
    ArgumentError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
    refuse_unknown_names,
)

Axis = int | Sequence[int]
_EPSILON = 1e-7  # avoids division by a norm of 0, as in Keras


@dataclass(frozen=True)
class Constraint:
    """The base of all constraints."""

    def __call__(self, w: Any) -> np.ndarray:
        """Return the weights projected onto the constraint, in the type of `w`."""
        array = np.asarray(w)
        return self.project(array if array.dtype.kind == "f" else array.astype(np.float32))

    def project(self, w: np.ndarray) -> np.ndarray:
        """Return the projection of an array of floats; the base returns it unchanged."""
        return w

    def check(self, shape: tuple[int, ...]) -> None:
        """Raise ShapeError if weights of this shape lack an axis of the constraint."""
        axis = getattr(self, "axis", None)
        axes = () if axis is None else _axes(axis)
        if any(not -len(shape) <= one < len(shape) for one in axes):
            raise ShapeError(
                f"weights of the shape {shape} have no such axis. Received: axis={axis!r}",
                hint=f"axis={list(range(len(shape) - 1)) or 0}",
                field="axis",
                value=axis,
            )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of an equal constraint, named as in Keras."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Constraint":
        """Create a constraint from a config of `get_config`."""
        return cls(**config)


@dataclass(frozen=True)
class NonNeg(Constraint):
    """Weights of at least 0."""

    def project(self, w: np.ndarray) -> np.ndarray:
        return np.maximum(w, 0)


@dataclass(frozen=True)
class MaxNorm(Constraint):
    """Norms along `axis` of at most `max_value`: axis 0 for Dense, [0, 1, 2] for Conv2D.

    >>> MaxNorm(1.0)([[3.0], [4.0]]).round(3).tolist()
    [[0.6], [0.8]]
    """

    max_value: float = 2
    axis: Axis = 0

    def __post_init__(self) -> None:
        _check_numbers(max_value=self.max_value)
        _axes(self.axis)

    def project(self, w: np.ndarray) -> np.ndarray:
        kind, norms = w.dtype.type, _norms(w, self.axis)
        return w * (np.clip(norms, 0, kind(self.max_value)) / (kind(_EPSILON) + norms))


@dataclass(frozen=True)
class UnitNorm(Constraint):
    """Norms along `axis` of 1."""

    axis: Axis = 0

    def __post_init__(self) -> None:
        _axes(self.axis)

    def project(self, w: np.ndarray) -> np.ndarray:
        return w / (w.dtype.type(_EPSILON) + _norms(w, self.axis))


@dataclass(frozen=True)
class MinMaxNorm(Constraint):
    """Norms along `axis` from `min_value` to `max_value`; `rate` is the fraction of the way."""

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: Axis = 0

    def __post_init__(self) -> None:
        _check_numbers(min_value=self.min_value, max_value=self.max_value, rate=self.rate)
        _axes(self.axis)

    def project(self, w: np.ndarray) -> np.ndarray:
        kind, norms = w.dtype.type, _norms(w, self.axis)
        clipped = np.clip(norms, kind(self.min_value), kind(self.max_value))
        target = kind(self.rate) * clipped + kind(1 - self.rate) * norms
        return w * (target / (kind(_EPSILON) + norms))


def _norms(w: np.ndarray, axis: Axis) -> np.ndarray:
    return np.sqrt(np.square(w).sum(axis=_axes(axis), keepdims=True))


def _axes(axis: Any) -> tuple[int, ...]:
    axes = (axis,) if isinstance(axis, int) else tuple(axis) if _is_list(axis) else ()
    if not axes or not all(isinstance(one, int) and not isinstance(one, bool) for one in axes):
        raise ArgumentError(
            f"`axis` must be an integer or several. Received: axis={axis!r}",
            hint="axis=0",
            field="axis",
            value=axis,
        )
    return axes


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _check_numbers(**given: Any) -> None:
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise ArgumentError(
                f"`{name}` must be a number from 0. Received: {name}={value!r}",
                hint=f"{name}=1.0",
                field=name,
                value=value,
            )


_CLASSES = (MaxNorm, MinMaxNorm, NonNeg, UnitNorm)
_BY_SHORT_NAME: dict[str, type[Constraint]] = {
    session.snake_case(kind.__name__): kind for kind in _CLASSES
}
_BY_NAME: dict[str, type[Constraint]] = {
    **_BY_SHORT_NAME,
    **{kind.__name__: kind for kind in _CLASSES},
}

max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm


def get(identifier: Any) -> Constraint | None:
    """Return the constraint for a constraint, its class, name or config; None for None.

    Raises UnknownNameError for an unknown name, UnsupportedError for a custom function.
    """
    if identifier is None or isinstance(identifier, Constraint):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(cast("Mapping[str, Any]", identifier))
    if isinstance(identifier, str) and identifier in _BY_NAME:
        return _BY_NAME[identifier]()
    if isinstance(identifier, type) and issubclass(identifier, Constraint):
        return identifier()
    if callable(identifier):
        raise UnsupportedError(
            f"a constraint must be one of {', '.join(sorted(_BY_SHORT_NAME))}. "
            f"Received: {identifier!r:.80}",
            hint='kernel_constraint="max_norm"',
            field="constraint",
            value=identifier,
        )
    raise UnknownNameError("constraint", identifier, _BY_SHORT_NAME)


def serialize(constraint: Constraint) -> dict[str, Any]:
    """Return the constraint as Keras writes it into a layer's config."""
    return serialize_object("keras.constraints", constraint)


def deserialize(config: Mapping[str, Any]) -> Constraint:
    """Return the constraint that `serialize` wrote. Raises UnknownNameError."""
    name = config.get("class_name")
    if not isinstance(name, str) or name not in _BY_NAME:
        raise UnknownNameError("constraint", name, _BY_SHORT_NAME)
    return _BY_NAME[name].from_config(config.get("config") or {})


__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]

__getattr__ = refuse_unknown_names("scallion.constraints", __all__)
