"""The runs of a study as a table: a row for each set of values, means over the seeds."""

from collections.abc import Sequence

from scallion.study.answers.statistics import Estimate, estimate
from scallion.study.plan import Study, Value
from scallion.study.results import TrialResult, measure
from scallion.text_format import percent

Row = list[str]


def rows_of(study: Study, results: Sequence[TrialResult]) -> tuple[Row, list[Row]]:
    """The heads of the columns, and the rows. `+-` is half of a 95 % interval over the seeds."""
    axes = [axis for axis in study.axes if axis != "seed"]
    groups: dict[tuple[Value, ...], list[TrialResult]] = {}
    for result in results:
        key = tuple(result.values[axis] for axis in axes)
        groups.setdefault(key, []).append(result)
    extra = [name for name in study.measures if name not in ("accuracy", "loss")]
    heads = [*axes, "runs", "accuracy", "loss at the end", "rise", "gap", *extra]
    order = sorted(groups, key=lambda key: _places(study, axes, key))
    return heads, [_row(study, axes, key, groups[key], extra) for key in order]


def as_text(heads: Row, rows: Sequence[Row]) -> str:
    """The table in columns for a terminal or a file."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _places(study: Study, axes: list[str], key: tuple[Value, ...]) -> list[float]:
    places: list[float] = []
    for axis, value in zip(axes, key, strict=True):
        known = study.axes[axis]
        if isinstance(known, list):
            places.append(known.index(value) if value in known else len(known))
        else:
            places.append(float(value))
    return places


def _row(
    study: Study,
    axes: list[str],
    key: tuple[Value, ...],
    runs: Sequence[TrialResult],
    extra: Sequence[str],
) -> Row:
    whole = [run for run in runs if len(run.history.get("val_loss", ()))]
    labels = [study.label(axis, value) for axis, value in zip(axes, key, strict=True)]
    if not whole:
        return [*labels, str(len(runs)), *[runs[0].ended] * 4, *["" for _ in extra]]

    def cell(name: str) -> str:
        if name in extra and any(f"val_{name}" not in run.history for run in whole):
            return ""
        return _shown(estimate([measure(run, name) for run in whole]), name)

    names = ("accuracy", "final_loss", "rise", "gap", *extra)
    return [*labels, str(len(runs)), *map(cell, names)]


def _shown(found: Estimate, name: str) -> str:
    half = None if found.high is None else found.high - found.mean
    if name in ("final_loss", "rise"):
        return f"{found.mean:.3f}" + ("" if half is None else f" +-{half:.3f}")
    if name == "gap":
        return f"{100 * found.mean:.1f}" + ("" if half is None else f" +-{100 * half:.1f}")
    return percent(found.mean)[:-2] + ("" if half is None else f" +-{100 * half:.1f}")
