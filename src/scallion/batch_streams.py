"""What a stream of batches says of itself: that it is indexed, or that it never ends."""

from itertools import count, cycle, repeat
from operator import length_hint
from typing import Any


def is_indexed(data: Any) -> bool:
    """Return whether batch i is `data[i]`, as in a PyDataset."""
    kind = type(data)
    has_items = hasattr(kind, "__getitem__") and hasattr(kind, "__len__")
    return has_items and not hasattr(data, "batches")


def is_endless(data: Any) -> bool:
    """Return whether a stream says of itself that it never ends.

    A data set says it by `cardinality()`, -1 as in TensorFlow, and a PyDataset by `num_batches`,
    None as in Keras; `cycle`, `repeat` and `count` of itertools never end.
    """
    cardinality = getattr(data, "cardinality", None)
    if callable(cardinality):
        return int(cardinality()) == -1  # type: ignore[call-overload]
    if isinstance(data, cycle | count | repeat):
        return length_hint(data, -1) == -1
    try:
        return is_indexed(data) and getattr(data, "num_batches", 0) is None
    except (TypeError, NotImplementedError):
        return False
