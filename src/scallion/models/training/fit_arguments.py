"""Checks of the plain arguments of `fit`, `evaluate` and `predict`: counts, flags, verbosity."""

from typing import Any

import numpy as np

from scallion.errors import ArgumentError


def check_counts(
    *,
    batch_size: int | None = None,
    steps: int | None = None,
    epochs: int = 1,
    initial_epoch: int = 0,
) -> int | None:
    """Return the batch size as an int, or None.

    Raises ArgumentError for a count that is not an integer or too small.
    """
    limits = (
        ("batch_size", batch_size, 1, 32),
        ("epochs", epochs, 0, 10),
        ("initial_epoch", initial_epoch, 0, 0),
        ("steps", steps, 1, 100),
    )
    for name, value, least, example in limits:
        if value is None and name in ("batch_size", "steps"):
            continue
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_whole or value < least:  # type: ignore[operator]
            raise ArgumentError(
                f"`{name}` is an integer of at least {least}. Received: {name}={value!r}",
                hint=f"{name}={example}",
            )
    return None if batch_size is None else int(batch_size)


def check_shuffle(shuffle: Any) -> bool:
    """Return `shuffle` as a bool. Raises ArgumentError for anything else."""
    if not isinstance(shuffle, bool | np.bool_ | int):
        raise ArgumentError(
            f"`shuffle` is True or False. Received: shuffle={shuffle!r}", hint="shuffle=True"
        )
    return bool(shuffle)


def check_verbose(verbose: Any) -> int:
    """Return `verbose` as 0, 1 or 2; "auto" is 1. Raises ArgumentError for anything else."""
    if verbose == "auto":
        return 1
    if not isinstance(verbose, int) or not 0 <= verbose <= 2:
        raise ArgumentError(
            f"`verbose` is 'auto', 0, 1 or 2. Received: verbose={verbose!r}", hint="verbose=2"
        )
    return int(verbose)


def check_validation_freq(validation_freq: Any) -> int | list[int]:
    """Return the interval in epochs, or the list of epochs. Raises ArgumentError for others."""
    if isinstance(validation_freq, int) and validation_freq > 0:
        return validation_freq
    if isinstance(validation_freq, list | tuple | set):
        return list(validation_freq)
    raise ArgumentError(
        "`validation_freq` is an integer of at least 1, or a list of epochs. "
        f"Received: validation_freq={validation_freq!r}",
        hint="validation_freq=2",
    )
