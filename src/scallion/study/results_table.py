"""The results of a study as a table: a row per combination of values, means over the seeds."""

from collections.abc import Sequence

from scallion.study.answers.statistics import Estimate, estimate
from scallion.study.plan import Study, Value
from scallion.study.results import TrialResult, measure
from scallion.text_format import percent

Row = list[str]
LEGEND = (
    "accuracy: % of the validation images, best epoch; rise: last minus lowest validation loss; "
    "gap: points by which the training accuracy is higher; +-: half of a 95 % interval"
)


def results_table(study: Study, results: Sequence[TrialResult]) -> tuple[Row, list[Row]]:
    """Return the column heads and the rows. `+-` is half of a 95 % interval over the seeds."""
    axes = [axis for axis in study.axes if axis != "seed"]
    groups: dict[tuple[Value, ...], list[TrialResult]] = {}
    for result in results:
        key = tuple(result.values[axis] for axis in axes)
        groups.setdefault(key, []).append(result)
    extra = [name for name in study.measures if name not in ("accuracy", "loss")]
    heads = [*axes, "runs", "accuracy", "final loss", "rise", "gap", *extra]
    order = sorted(groups, key=lambda key: _order(study, axes, key))
    return heads, [_row(study, axes, key, groups[key], extra) for key in order]


def format_table(heads: Row, rows: Sequence[Row]) -> str:
    """Return the table as aligned text."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _order(study: Study, axes: list[str], key: tuple[Value, ...]) -> list[float]:
    order: list[float] = []
    for axis, value in zip(axes, key, strict=True):
        known = study.axes[axis]
        if isinstance(known, list):
            order.append(known.index(value) if value in known else len(known))
        else:
            order.append(float(value))
    return order


def _row(
    study: Study,
    axes: list[str],
    key: tuple[Value, ...],
    results: Sequence[TrialResult],
    extra: Sequence[str],
) -> Row:
    trained = [result for result in results if result.epochs]
    labels = [study.label(axis, value) for axis, value in zip(axes, key, strict=True)]
    if not trained:
        return [*labels, str(len(results)), *[results[0].status] * 4, *["" for _ in extra]]

    def cell(name: str) -> str:
        if name in extra and any(f"val_{name}" not in result.history for result in trained):
            return ""
        return _format(estimate([measure(result, name) for result in trained]), name)

    names = ("accuracy", "final_loss", "rise", "gap", *extra)
    return [*labels, str(len(results)), *map(cell, names)]


def _format(found: Estimate, name: str) -> str:
    half = None if found.high is None else found.high - found.mean
    if name in ("final_loss", "rise"):
        return f"{found.mean:.3f}" + ("" if half is None else f" +-{half:.3f}")
    if name == "gap":
        return f"{100 * found.mean:.1f}" + ("" if half is None else f" +-{100 * half:.1f}")
    return percent(found.mean)[:-2] + ("" if half is None else f" +-{100 * half:.1f}")
