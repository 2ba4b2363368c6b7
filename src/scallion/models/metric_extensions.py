"""What metrics have beyond Keras: a model's file keeps it where Keras does not look."""

from collections.abc import Iterator, Mapping
from typing import Any

from scallion.metrics import Metric

Arguments = Mapping[str, Any]  # of `compile`


def written(compiled: Arguments) -> list[dict[str, Any]]:
    """What each metric object has beyond Keras, in their order; empty where none has anything."""
    found = [metric.own_config() for metric in _objects(compiled)]
    return found if any(found) else []


def give_back(compiled: Arguments, stored: Any) -> None:
    """Give the metrics of a model that is being loaded what `written` found.

    Raises ArgumentError for values that no metric can have.
    """
    if isinstance(stored, list):
        for metric, own in zip(_objects(compiled), stored, strict=False):
            if isinstance(own, Mapping):
                metric.set_own_config(own)


def _objects(compiled: Arguments) -> Iterator[Metric]:
    for name in ("metrics", "weighted_metrics"):
        yield from _flat(compiled.get(name))


def _flat(given: Any) -> Iterator[Metric]:
    if isinstance(given, Metric):
        yield given
    elif isinstance(given, list | tuple | Mapping):
        for entry in given.values() if isinstance(given, Mapping) else given:
            yield from _flat(entry)
