"""Learning curves in words, for those who cannot see a figure and for logs."""

from typing import Any

import numpy as np

from scallion.plots.history import LearningCurves, MetricCurves, read_history
from scallion.text_format import percent, plural, three_digits


def describe_curves(history: Any) -> str:
    """Return a sentence per loss or metric: first and last value, and that of the best epoch.

    Takes what `plot` takes.

    >>> describe_curves({"loss": [0.9, 0.4], "val_loss": [0.8, 0.6]})
    'Loss over 2 epochs: in training from 0.9 to 0.4; in validation from 0.8 to 0.6, 0.6 in the
    best epoch, 2.'
    """
    curves = read_history(history)
    return " ".join(_sentence(curves, metric) for metric in curves.metrics)


def format_metric(metric: MetricCurves, value: float) -> str:
    """Return a value of a metric as a percentage or with three significant digits."""
    return percent(value) if metric.is_fraction and np.isfinite(value) else three_digits(value)


def _sentence(curves: LearningCurves, metric: MetricCurves) -> str:
    count = len(curves.epochs)
    parts: list[str] = []
    for values, word in ((metric.training, "training"), (metric.validation, "validation")):
        if values is not None:
            parts.append(f"in {word} {_first_and_last(metric, values)}")
    best = curves.best()
    if best is not None and metric.validation is not None and count > 1:
        value = format_metric(metric, metric.validation[best])
        parts[-1] += f", {value} in the best epoch, {curves.epochs[best]:g}"
    return f"{metric.title} over {plural(count, 'epoch')}: {'; '.join(parts)}."


def _first_and_last(metric: MetricCurves, values: np.ndarray) -> str:
    if len(values) == 1:
        return format_metric(metric, values[0])
    return f"from {format_metric(metric, values[0])} to {format_metric(metric, values[-1])}"
