"""Curves in words, for those who cannot see them, and for logs."""

from typing import Any

import numpy as np

from scallion.insight.prose import percent
from scallion.report.history import Curves, Measure, read_history


def describe(history: Any) -> str:
    """What the curves show, a sentence a curve; the text behind a picture of them.

    Takes what `plot` takes.

    >>> describe({"loss": [0.9, 0.4], "val_loss": [0.8, 0.6]})
    'Loss over 2 epochs: in training from 0.9 to 0.4; in validation from 0.8 to 0.6, best 0.6 in
    epoch 2.'
    """
    curves = read_history(history)
    return " ".join(_sentence(curves, measure) for measure in curves.measures)


def _sentence(curves: Curves, measure: Measure) -> str:
    count = len(curves.epochs)
    name = measure.name.replace("_", " ")
    parts: list[str] = []
    for values, word in ((measure.training, "training"), (measure.validation, "validation")):
        if values is not None:
            parts.append(f"in {word} {_course(measure, values)}")
    best = measure.best()
    if best is not None and measure.validation is not None and count > 1:
        value = _value(measure, measure.validation[best])
        parts[-1] += f", best {value} in epoch {curves.epochs[best]:g}"
    epochs = "1 epoch" if count == 1 else f"{count} epochs"
    return f"{name[:1].upper()}{name[1:]} over {epochs}: {'; '.join(parts)}."


def _course(measure: Measure, values: np.ndarray) -> str:
    if len(values) == 1:
        return _value(measure, values[0])
    return f"from {_value(measure, values[0])} to {_value(measure, values[-1])}"


def _value(measure: Measure, value: float) -> str:
    if not np.isfinite(value):
        return "not a number"
    return percent(value) if measure.is_share else f"{value:.3g}"
