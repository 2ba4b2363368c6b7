"""Arguments of metrics that Keras does not have; `scallion.json` in a model file stores them."""

from collections.abc import Iterator, Mapping
from typing import Any

from scallion.metrics import Metric

CompileArguments = Mapping[str, Any]


def get_extensions(arguments: CompileArguments) -> list[dict[str, Any]]:
    """Return the additional config of each metric object, in order; empty if none has any."""
    found = [metric.extra_config() for metric in _metric_objects(arguments)]
    return found if any(found) else []


def set_extensions(arguments: CompileArguments, stored: Any) -> None:
    """Apply configs from `get_extensions` to the metrics of a model that is being loaded.

    Raises ArgumentError for values that no metric can have.
    """
    if isinstance(stored, list):
        for metric, config in zip(_metric_objects(arguments), stored, strict=False):
            if isinstance(config, Mapping):
                metric.set_extra_config(config)


def _metric_objects(arguments: CompileArguments) -> Iterator[Metric]:
    for name in ("metrics", "weighted_metrics"):
        yield from _flatten(arguments.get(name))


def _flatten(given: Any) -> Iterator[Metric]:
    if isinstance(given, Metric):
        yield given
    elif isinstance(given, list | tuple | Mapping):
        for entry in given.values() if isinstance(given, Mapping) else given:
            yield from _flatten(entry)
