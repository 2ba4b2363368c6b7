"""Checks of layer arguments, as strict as Keras'; unsupported arguments are refused by name."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from scallion.errors import ArgumentError, UnsupportedError
from scallion.layers.base.spec import Padding, Pair

_INSTEAD = {
    "activity_regularizer": "leave it out; kernel_regularizer=L2(0.001) is a penalty on weights",
    "noise_shape": "leave it out: each value is dropped on its own",
    "renorm": "leave it out",
    "synchronized": "leave it out: there is one machine",
    "quantization": "leave it out",
    "lora": "leave it out",
}

_LARGEST = 10**38  # the largest power of ten that float32 can hold


def is_integer(value: Any, least: int) -> bool:
    """Return whether the value is an integer, Python's or NumPy's, of at least `least`."""
    number: Any = value
    is_number = isinstance(number, int | np.integer) and not isinstance(number, bool)
    return is_number and bool(number >= least)


def checked_int(name: str, value: Any, least: int = 1) -> int:
    """Return the value as an int. Raises ArgumentError for one that is no integer or too small."""
    if not is_integer(value, least):
        raise ArgumentError(
            f"`{name}` must be an integer of at least {least}. Received: {name}={value!r}",
            hint=f"{name}={max(least, 32)}",
            field=name,
            value=value,
        )
    return int(value)


def checked_float(
    name: str, value: Any, least: float | None = None, most: float | None = None
) -> float:
    """Return the value as a number. Raises ArgumentError unless it is from `least` to `most`.

    NaN, infinity, and numbers that float32 cannot hold are refused.
    """
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    is_number = is_number and bool(abs(cast("Any", value)) <= _LARGEST)
    too_small = is_number and least is not None and not value >= least
    if not is_number or too_small or (most is not None and not value <= most):
        limits = f" from {least:g} to {most:g}" if most is not None and least is not None else ""
        limits = limits or (f" of at least {least:g}" if least is not None else "")
        example = 0.5 if most is not None else max(least or 0.0, 0.1)
        raise ArgumentError(
            f"`{name}` must be a number{limits}. Received: {name}={value!r}",
            hint=f"{name}={example:g}",
            field=name,
            value=value,
        )
    if isinstance(value, np.number):
        return float(cast("Any", value))
    return cast("float", value)


def checked_seed(seed: Any) -> int | None:
    """Return the seed, or None for the session's sequence. Raises ArgumentError."""
    if seed is not None and not is_integer(seed, least=0):
        raise ArgumentError(
            f"`seed` must be an integer from 0, or None. Received: seed={seed!r}",
            hint="seed=42",
            field="seed",
            value=seed,
        )
    return None if seed is None else int(seed)


def checked_pair(value: int | Sequence[int], name: str = "value") -> Pair:
    """Return two integers from one or two, as in `kernel_size`. Raises ArgumentError."""
    pair: tuple[Any, ...] = ()
    if isinstance(value, int | np.integer):
        pair = (value, value)
    elif isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
        pair = tuple(cast("Sequence[Any]", value))
    if len(pair) != 2 or not all(is_integer(side, least=1) for side in pair):
        raise ArgumentError(
            f"`{name}` must be one or two integers of at least 1. Received: {name}={value!r}",
            hint=f"{name}=2 or {name}=(2, 2)",
            field=name,
            value=value,
        )
    return (int(pair[0]), int(pair[1]))


def checked_padding(value: Any) -> Padding:
    """Return "valid" or "same" from either, in any case. Raises ArgumentError."""
    padding = str(value).lower()
    if padding not in ("valid", "same"):
        raise ArgumentError(
            f"`padding` must be 'valid' or 'same'. Received: padding={value!r}",
            hint='padding="same"',
            field="padding",
            value=value,
        )
    return padding


def require_channels_last(data_format: Any) -> None:
    """Raise UnsupportedError or ArgumentError for any other order of axes than (H, W, C)."""
    if data_format in (None, "channels_last"):
        return
    if data_format == "channels_first":
        raise UnsupportedError(
            "images are (height, width, channels). Received: data_format='channels_first'",
            hint="leave out data_format, and np.moveaxis(images, 1, -1) for the images",
            field="data_format",
            value=data_format,
        )
    raise ArgumentError(
        f"`data_format` must be 'channels_last'. Received: data_format={data_format!r}",
        hint="leave out data_format",
        field="data_format",
        value=data_format,
    )


def require_float32(dtype: Any) -> None:
    """Raise UnsupportedError for any other dtype, or policy, than float32."""
    policy = cast("dict[str, Any]", dtype)["config"] if isinstance(dtype, dict) else dtype
    name: Any = cast("dict[str, Any]", policy)["name"] if isinstance(policy, dict) else policy
    name = getattr(name, "name", getattr(name, "__name__", name))
    if name not in (None, "float32"):
        raise UnsupportedError(
            f"layers compute in float32. Received: dtype={dtype!r}",
            hint="leave out dtype; images of any number type are cast as they are read",
            field="dtype",
            value=dtype,
        )


def refuse_arguments(kind: str, **arguments: Any) -> None:
    """Raise UnsupportedError for the first argument of Keras that is not empty.

    `kind` is the name of the class or function, for the message.
    """
    for name, value in arguments.items():
        if value is not None and value is not False:
            key = next((key for key in _INSTEAD if key in name), "")
            raise UnsupportedError(
                f"{kind} does not support `{name}` here. Received: {name}={value!r}",
                hint=_INSTEAD.get(key, f"leave out {name}"),
                field=name,
                value=value,
            )
