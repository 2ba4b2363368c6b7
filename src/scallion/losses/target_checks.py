"""Checks of targets: each loss raises DataError for labels outside of what it means."""

import numpy as np

from scallion.errors import DataError

# Rows of float32 probabilities that were rounded or smoothed still sum to 1 within this.
_SUM_TOLERANCE = 1e-2


def require_range(y_true: np.ndarray, low: float, high: float, name: str, meaning: str) -> None:
    """Raise DataError for a target below `low` or above `high`."""
    wrong = (y_true < low) | (y_true > high)
    if wrong.any():
        raise _outside(y_true, wrong, name, meaning, _range_hint(y_true))


def require_distributions(y_true: np.ndarray, name: str) -> None:
    """Raise DataError for rows that are not one-hot, nor probabilities that sum to 1."""
    meaning = "one-hot rows, or probabilities from 0 to 1"
    wrong = (y_true < 0) | (y_true > 1)
    if wrong.any():
        hint = "y = scallion.utils.to_categorical(labels)"
        raise _outside(y_true, wrong, name, meaning, hint)
    sums = y_true.sum(axis=-1)
    wrong = np.abs(sums - 1) > _SUM_TOLERANCE
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        if sums[wrong].flat[0] > 1:
            hint = 'for several classes per image: activation="sigmoid", loss="binary_crossentropy"'
        else:
            hint = "give each image one class, or leave it out"
        raise DataError(
            f"label {row} does not fit {name}: each row must sum to 1. "
            f"Received: a sum of {sums[wrong].flat[0]:g}",
            hint=hint,
        )


def require_signs(y_true: np.ndarray, name: str) -> None:
    """Raise DataError for targets that are neither -1 and 1, nor 0 and 1."""
    meaning = "the labels -1 and 1, or 0 and 1"
    wrong = (y_true != -1) & (y_true != 0) & (y_true != 1)
    if wrong.any():
        raise _outside(y_true, wrong, name, meaning, "y = np.where(y == positive_class, 1, -1)")
    if (y_true == -1).any():
        wrong = y_true == 0
        if wrong.any():
            hint = "y = np.where(y == positive_class, 1, -1)"
            raise _outside(y_true, wrong, name, f"{meaning}, not both", hint)


def require_whole(y_true: np.ndarray, name: str) -> None:
    """Raise DataError for a target that is not an integer."""
    wrong = y_true != np.floor(y_true)
    if wrong.any():
        hint = 'for continuous labels: loss="mean_squared_error"'
        raise _outside(y_true, wrong, name, "one integer label per image", hint)


def require_at_least_zero(y_true: np.ndarray, name: str, meaning: str) -> None:
    """Raise DataError for a negative target."""
    wrong = y_true < 0
    if wrong.any():
        hint = 'for labels of both signs: loss="mean_squared_error"'
        raise _outside(y_true, wrong, name, meaning, hint)


def require_not_zero(y_true: np.ndarray, name: str) -> None:
    """Raise DataError for a target of 0."""
    wrong = y_true == 0
    if wrong.any():
        hint = 'for labels that can be 0: loss="mean_absolute_error"'
        raise _outside(y_true, wrong, name, "labels other than 0, which it divides by", hint)


def require_directions(y_true: np.ndarray, name: str) -> None:
    """Raise DataError for a row of zeros, which has no direction."""
    wrong = ~(y_true != 0).any(axis=-1)
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise DataError(
            f"label {row} does not fit {name}, which needs vectors with a direction. "
            "Received: only zeros",
            hint="remove such images",
        )


def _range_hint(y_true: np.ndarray) -> str:
    """Return an edit for labels that should be 0 and 1."""
    found = np.unique(y_true)
    whole = bool((found == np.floor(found)).all())
    if found.tolist() == [-1.0, 1.0]:
        return "y = (y + 1) / 2"
    if len(found) == 2:
        return f"y = (y == {found[1]:g})"
    if whole and found[0] >= 0 and found[-1] < 1000:
        units = int(found[-1]) + 1
        return (
            f'Dense({units}, activation="softmax") and loss="sparse_categorical_crossentropy" '
            f"for {units} classes"
        )
    return 'for values that are no probabilities: loss="mean_squared_error"'


def _outside(
    y_true: np.ndarray, wrong: np.ndarray, name: str, meaning: str, hint: str
) -> DataError:
    row = int(np.argwhere(wrong)[0][0])
    return DataError(
        f"label {row} does not fit {name}, which needs {meaning}. "
        f"Received: {y_true[wrong].flat[0]:g}",
        hint=hint,
        value=float(y_true[wrong].flat[0]),
    )
