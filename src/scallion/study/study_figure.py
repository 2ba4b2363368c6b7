"""A study's learning curves: a row of panels per measure, a column per data set or model."""

from collections.abc import Sequence

from scallion.errors import DataError
from scallion.plots import LinePanel, line_panels_png
from scallion.study.plan import Study, Value
from scallion.study.results import TrialResult, filter_results

_ROWS = (("val_accuracy", "Validation accuracy"), ("val_loss", "Validation loss"))
_MOST_COLUMNS = 5


def draw(study: Study, results: Sequence[TrialResult]) -> bytes:
    """Return a PNG: a line for the mean over the seeds, a band from the lowest to the highest.

    Raises DataError if no run has completed an epoch.
    """
    trained = [result for result in results if result.epochs]
    if not trained:
        raise DataError(
            "no run of this study is finished, so there is nothing to draw",
            hint="scallion study run FILE",
        )
    column_axis, line_axis = choose_axes(study, trained)
    columns = _values(study, column_axis, trained)[:_MOST_COLUMNS]
    lines = _values(study, line_axis, trained)
    rows: list[list[LinePanel]] = []
    for column, title in _ROWS:
        panels: list[LinePanel] = []
        for value in columns:
            own = filter_results(trained, _where(column_axis, value))
            curves = [
                [result.column(column) for result in filter_results(own, _where(line_axis, line))]
                for line in lines
            ]
            label = _label(study, column_axis, value)
            heading = f"{title}, {label}" if label else title
            panels.append(LinePanel(heading, curves, is_fraction=column == "val_accuracy"))
        rows.append(panels)
    labels = [_label(study, line_axis, line) for line in lines]
    return line_panels_png(rows, labels, legend=line_axis, description=study.title)


def choose_axes(study: Study, results: Sequence[TrialResult]) -> tuple[str | None, str | None]:
    """Return the axis of the columns (the first one of texts) and that of the lines, if any.

    Lines are compared more easily than panels, so a single axis is that of the lines.
    """
    varied = [
        axis for axis in study.axes if axis != "seed" and len(_values(study, axis, results)) > 1
    ]
    texts = [axis for axis in varied if isinstance(_values(study, axis, results)[0], str)]
    column = texts[0] if texts else None
    others = [axis for axis in varied if axis != column]
    return (column, others[0]) if others else (None, column)


def _values(
    study: Study, axis: str | None, results: Sequence[TrialResult]
) -> list[Value] | list[None]:
    """Return the values of an axis that occur in the results, or [None] without an axis."""
    if axis is None:
        return [None]
    return study.values(axis, {result.values[axis] for result in results if axis in result.values})


def _where(axis: str | None, value: Value | None) -> dict[str, Value]:
    return {} if axis is None or value is None else {axis: value}


def _label(study: Study, axis: str | None, value: Value | None) -> str | None:
    return None if axis is None or value is None else study.label(axis, value)
