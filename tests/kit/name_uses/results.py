"""The results of recipes as plain lists, and their comparison."""

from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return arrays as lists of numbers, in lists, and other values as they are."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value, np.float64).tolist()


def same(first: Any, second: Any) -> bool:
    """Return whether two results agree: numbers to 2e-5 of the largest, all else exactly."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    try:
        a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    except (TypeError, ValueError):
        if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
            return all(same(one, other) for one, other in zip(first, second, strict=True))
        return first == second
    most = max(float(np.abs(a[np.isfinite(a)]).max(initial=0)), 1e-3)
    return a.shape == b.shape and np.allclose(a, b, rtol=0, atol=2e-5 * most, equal_nan=True)
