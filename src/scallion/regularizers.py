"""Penalties on weights that are added to the loss: L1, L2 and both."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np

from scallion import session
from scallion.class_registry import serialize_object
from scallion.errors import ArgumentError, UnknownNameError, UnsupportedError, refuse_unknown_names


@dataclass(frozen=True)
class Regularizer:
    """The base of all regularizers."""

    @property
    def coefficients(self) -> tuple[float, float]:
        """The factors (l1, l2) of the sum of absolute values and of the sum of squares."""
        return 0.0, 0.0

    def __call__(self, x: Any) -> np.ndarray:
        """Return l1 * sum(abs(x)) + l2 * sum(x * x), in the type of `x`."""
        array = np.asarray(x)
        array = array if array.dtype.kind == "f" else array.astype(np.float32)
        one, two = (array.dtype.type(factor) for factor in self.coefficients)
        total = array.dtype.type(0)
        total += one * np.abs(array).sum(dtype=array.dtype) if one else 0
        total += two * np.square(array).sum(dtype=array.dtype) if two else 0
        return np.asarray(total)

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """Return the gradient of the penalty, in the type of `x`."""
        one, two = (x.dtype.type(factor) for factor in self.coefficients)
        return one * np.sign(x) + x.dtype.type(2) * two * x

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of an equal regularizer, named as in Keras."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Regularizer":
        """Create a regularizer from a config of `get_config`."""
        return cls(**config)


@dataclass(frozen=True)
class L1(Regularizer):
    """l1 * sum(abs(w)): drives weights to exactly 0.

    >>> float(L1(0.5)([1.0, -2.0]))
    1.5
    """

    l1: float = 0.01

    def __post_init__(self) -> None:
        object.__setattr__(self, "l1", _factor("l1", self.l1, 0.01))

    @property
    def coefficients(self) -> tuple[float, float]:
        return self.l1, 0.0

    def get_config(self) -> dict[str, Any]:
        return {"l1": float(np.float32(self.l1))}


@dataclass(frozen=True)
class L2(Regularizer):
    """l2 * sum(w * w): shrinks large weights most.

    >>> float(L2(0.5)([1.0, -2.0]))
    2.5
    """

    l2: float = 0.01

    def __post_init__(self) -> None:
        object.__setattr__(self, "l2", _factor("l2", self.l2, 0.01))

    @property
    def coefficients(self) -> tuple[float, float]:
        return 0.0, self.l2


@dataclass(frozen=True)
class L1L2(Regularizer):
    """l1 * sum(abs(w)) + l2 * sum(w * w); both factors are 0 by default."""

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "l1", _factor("l1", self.l1, 0.0))
        object.__setattr__(self, "l2", _factor("l2", self.l2, 0.0))

    @property
    def coefficients(self) -> tuple[float, float]:
        return self.l1, self.l2


def _factor(name: str, value: Any, default: float) -> float:
    if value is None:
        return default
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not np.isfinite(float(value)) or float(value) < 0:
        raise ArgumentError(
            f"`{name}` must be a number from 0. Received: {name}={value!r}",
            hint=f"{name}=0.01",
            field=name,
            value=value,
        )
    return float(value)


_CLASSES = (L1, L2, L1L2)
_BY_NAME: dict[str, type[Regularizer]] = {
    **{session.snake_case(kind.__name__): kind for kind in _CLASSES},
    **{kind.__name__: kind for kind in _CLASSES},
    "l1_l2": L1L2,
}

l1 = L1
l1_l2 = L1L2
l2 = L2


class OrthogonalRegularizer:
    """The name of Keras' regularizer, which is missing here: raises UnsupportedError."""

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        raise _unsupported("OrthogonalRegularizer")


def _unsupported(received: Any) -> UnsupportedError:
    return UnsupportedError(
        "a regularizer must be L1, L2 or L1L2, or a function that equals one. "
        f"Received: {received!r:.80}",
        hint="kernel_regularizer=L2(0.001)",
        field="regularizer",
        value=received,
    )


def get(identifier: Any) -> Regularizer | None:
    """Return the regularizer for a regularizer, its class, name or config; None for None.

    A function, or a regularizer of one's own, is recognized where it is L1, L2 or their sum. Raises
    UnknownNameError for an unknown name, UnsupportedError for other functions.
    """
    if isinstance(identifier, Regularizer):
        return identifier if type(identifier) in _CLASSES else _recognized(identifier)
    if identifier is None:
        return None
    if isinstance(identifier, Mapping):
        return deserialize(cast("Mapping[str, Any]", identifier))
    if identifier in ("OrthogonalRegularizer", "orthogonal_regularizer"):
        raise _unsupported(identifier)
    if isinstance(identifier, str) and identifier in _BY_NAME:
        return _BY_NAME[identifier]()
    if isinstance(identifier, type) and issubclass(identifier, Regularizer):
        return get(identifier())
    if callable(identifier):
        return _recognized(identifier)
    raise UnknownNameError("regularizer", identifier, ("l1", "l2", "l1_l2"))


def _recognized(function: Any) -> L1L2:
    """Return the factors of a function of weights, from its values on arrays of several shapes."""
    random = np.random.default_rng(0)
    arrays = [random.normal(size=shape) for shape in ((4, 3), (7,), (2, 3, 3, 2), (5, 1), (2, 2))]
    sums = np.array([[np.abs(array).sum(), np.square(array).sum()] for array in arrays])
    try:
        values = np.array([float(function(array.astype(np.float32))) for array in arrays])
    except Exception as error:
        raise _unsupported(function) from error
    factors = np.linalg.lstsq(sums, values, rcond=None)[0]
    factors[np.abs(factors) < 1e-6 * np.abs(factors).max(initial=0)] = 0
    if (factors < 0).any() or not np.allclose(sums @ factors, values, rtol=1e-4, atol=0):
        raise _unsupported(function)
    one, two = (float(f"{factor:.6g}") for factor in factors)
    return L1L2(one, two)


def serialize(regularizer: Regularizer) -> dict[str, Any]:
    """Return the regularizer as Keras writes it into a layer's config."""
    return serialize_object("keras.regularizers", regularizer)


def deserialize(config: Mapping[str, Any]) -> Regularizer:
    """Return the regularizer that `serialize` wrote. Raises UnknownNameError."""
    name = config.get("class_name")
    found = get(name) if isinstance(name, str) else None
    if found is None:
        raise UnknownNameError("regularizer", name, ("L1", "L2", "L1L2"))
    return type(found).from_config(config.get("config") or {})


__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "serialize",
]

__getattr__ = refuse_unknown_names("scallion.regularizers", __all__)
