"""Tables for a terminal of any width and for files: scores, comparisons, runs, predictions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scallion.report.fitting_table import FittingTable
from scallion.runs import Classification, RunComparison, RunEvaluation, RunSummary
from scallion.text_format import duration, percent

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST_CLASSES = 20  # above, only those with the lowest F1 are listed
_MOST_PAIRS = 5
_RUN_COLUMNS_TO_DROP = ("test evaluations", "time", "model", "epochs", "test", "validation")


def evaluation_table(evaluation: RunEvaluation) -> "RenderableType":
    """Return accuracy and baselines, a table of classes, all metrics, and the confused pairs."""
    from rich.console import Group  # slow to import
    from rich.text import Text  # slow to import

    parts: list[Any] = [Text(_headline(evaluation)), _classes(evaluation), _metrics(evaluation)]
    if evaluation.scores.most_confused:
        parts.append(_confused_pairs(evaluation))
    return Group(*parts)


def format_test_evaluations(count: int) -> str:
    """Return a sentence on how often the test images were evaluated, and what that means.

    >>> format_test_evaluations(1)
    'The test images were evaluated once.'
    """
    if count == 1:
        return "The test images were evaluated once."
    times = "twice" if count == 2 else f"{count} times"
    return (
        f"The test images were evaluated {times}: the more often they decide, the less their "
        "score says about new images."
    )


def format_other_test_evaluations(count: int, folder: Path) -> str:
    """Return a sentence on evaluations of the same test images by other runs in a folder.

    >>> format_other_test_evaluations(1, Path("runs"))
    'Other runs in runs were evaluated on the same test images, once: the more often they decide,
    the less their score says about new images.'
    """
    times = {1: "once", 2: "twice"}.get(count, f"{count} times")
    return (
        f"Other runs in {folder} were evaluated on the same test images, {times}: the more often "
        "they decide, the less their score says about new images."
    )


def runs_table(runs: Sequence[RunSummary]) -> "RenderableType":
    """Return a table with one row per run, and a line for each that cannot be read."""
    from rich.console import Group  # slow to import
    from rich.text import Text  # slow to import

    heads = ("run", "model", "status", "epochs", "validation", "test", "test evaluations", "time")
    table = FittingTable(heads, _RUN_COLUMNS_TO_DROP, numbers=range(3, len(heads)))
    for run in runs:
        accuracies = (run.val_accuracy, run.test_accuracy)
        table.add_row(
            run.run,
            run.model,
            run.status,
            f"{run.epochs}/{run.planned}" if run.planned else "",
            *("" if value is None else percent(value) for value in accuracies),
            str(run.test_evaluations or ""),
            "" if run.seconds is None else duration(run.seconds),
        )
    problems = [f"{run.run} is unreadable: {run.problem}" for run in runs if run.problem]
    return Group(table, Text("\n".join(problems))) if problems else table


def predictions_table(
    paths: Iterable[Any], predictions: Iterable[Classification]
) -> "RenderableType":
    """Return one row per image: its most probable classes, and whether it is unusual."""
    heads = ("image", "class", "probability", "other classes", "")
    table = FittingTable(heads, ("other classes",), numbers=(2,))
    for name, found in zip(_distinct_names(paths), predictions, strict=True):
        others = ", ".join(f"{other.name} {percent(other.probability)}" for other in found.top[1:])
        note = "not sure" if found.is_not_sure else ""
        note = "unlike the training images" if found.is_out_of_distribution else note
        table.add_row(name, found.name, percent(found.probability), others, note)
    return table


def _distinct_names(paths: Iterable[Any]) -> list[str]:
    """Return file names, with as many folders as two files of the same name need.

    >>> _distinct_names(["a/cat/1.png", "a/dog/1.png", "a/2.png"])
    ['cat/1.png', 'dog/1.png', '2.png']
    """
    places = [Path(path) for path in paths]
    names = [place.name for place in places]
    depth = 1
    while depth < max((len(place.parts) for place in places), default=0):
        counts = Counter(names)
        if max(counts.values()) == 1:
            break
        depth += 1
        names = [
            Path(*place.parts[-depth:]).as_posix() if counts[name] > 1 else name
            for place, name in zip(places, names, strict=True)
        ]
    return names


def comparison_table(comparison: RunComparison) -> "RenderableType":
    """Return the settings that differ, the accuracies, and a sentence for each pair of runs."""
    from rich.console import Group  # slow to import
    from rich.text import Text  # slow to import

    names = [run.path.name for run in comparison.runs]
    table = FittingTable(("", *names), (), numbers=())
    for setting, values in comparison.settings.items():
        table.add_row(setting, *("-" if value is None else str(value) for value in values))
    table.add_row(f"{comparison.split} accuracy", *map(percent, comparison.accuracies))
    table.add_row("images", *(f"{count:,}" for count in comparison.images))
    return Group(table, Text("\n".join(describe_comparison(comparison))))


def describe_comparison(comparison: RunComparison) -> list[str]:
    """Return a sentence per pair of runs, and one per group of runs that differ in the seed."""
    names = [run.path.name for run in comparison.runs]
    lines: list[str] = []
    for (first, second), found in comparison.pairs.items():
        pair = f"{names[first]} and {names[second]}"
        if found is None:
            lines.append(
                f"{pair}: they have different {comparison.split} images and cannot be compared."
            )
            continue
        low, high = (100 * end for end in found.interval)
        figures = (
            f"{100 * found.difference:+.1f} points (95 % interval {low:+.1f} to {high:+.1f}), "
            f"McNemar's p = {found.p_value:.2g}: {found.first_only:,} images that only the first "
            f"classifies correctly, {found.second_only:,} that only the second does"
        )
        if found.better is None:
            lines.append(f"{pair}: no difference that these data can show. {figures}.")
        else:
            better = names[first if found.better == "first" else second]
            lines.append(f"{pair}: {better} is better. {figures}.")
    for group in comparison.groups:
        spread = comparison.spread(group)
        if spread is not None:
            lines.append(
                f"{', '.join(names[index] for index in group)} differ in the seed only: "
                f"{percent(spread[0])} on average, standard deviation {100 * spread[1]:.2f} points."
            )
    if len(comparison.groups) == len(comparison.runs):
        lines.append(
            "There is one seed per setting, and another seed alone can change the accuracy. Train "
            "each with two or three seeds (--seed) to see by how much."
        )
    return lines


def _headline(evaluation: RunEvaluation) -> str:
    scores, images = evaluation.scores, evaluation.images
    low, high = scores.interval
    splits = {"test": "test", "validation": "validation", "train": "training"}
    what = f"{splits[images]} images" if images in splits else f"images of {images}"
    lines = [
        (
            f"{evaluation.run.path}: {percent(scores.accuracy)} of {scores.images:,} {what} "
            f"correct (95 % interval {percent(low)[:-2]} to {percent(high)})."
        ),
        (
            f"Baselines: {percent(scores.largest_class)} (always the most frequent class), "
            f"{percent(evaluation.linear_accuracy)} (a linear model on the pixels)."
        ),
    ]
    if images == "validation":
        lines.append(
            "These images chose the best epoch, so the accuracy on new images may be a little "
            "lower."
        )
    if evaluation.test_evaluations is not None:
        lines.append(format_test_evaluations(evaluation.test_evaluations))
        if evaluation.other_test_evaluations:
            folder = evaluation.run.path.parent
            lines.append(format_other_test_evaluations(evaluation.other_test_evaluations, folder))
    return "\n".join(lines)


def _classes(evaluation: RunEvaluation) -> FittingTable:
    scores, names = evaluation.scores, evaluation.class_names
    each = scores.per_class
    labels = range(len(names))
    title = None
    if len(names) > _MOST_CLASSES:
        labels = sorted(labels, key=lambda label: (each.f1[label], label))[:_MOST_CLASSES]
        title = f"The {_MOST_CLASSES} of {len(names)} classes with the lowest F1"
    heads = ("class", "precision", "recall", "F1", "images")
    table = FittingTable(heads, ("images", "F1"), numbers=range(1, 5), title=title)
    for label in labels:
        table.add_row(
            names[label],
            *(percent(column[label]) for column in (each.precision, each.recall, each.f1)),
            f"{each.support[label]:,}",
        )
    for name, average in (("mean", scores.macro), ("weighted", scores.weighted)):
        table.add_row(name, *map(percent, average), f"{scores.images:,}")
    return table


def _metrics(evaluation: RunEvaluation) -> FittingTable:
    scores = evaluation.scores
    most = len(scores.top_k)
    table = FittingTable(("all classes", ""), (), numbers=(1,))
    table.add_row("balanced accuracy", percent(scores.balanced_accuracy))
    if most > 2:
        table.add_row(f"top-{most} accuracy", percent(scores.top_k[-1]))
    table.add_row("ROC AUC (one-vs-rest)", f"{scores.roc_auc:.4f}")
    table.add_row("log loss", f"{scores.log_loss:.4f}")
    table.add_row("Brier score (0 to 2)", f"{scores.brier_score:.4f}")
    table.add_row("calibration error", percent(scores.calibration_error))
    return table


def _confused_pairs(evaluation: RunEvaluation) -> FittingTable:
    names = evaluation.class_names
    heads = ("true class", "predicted class", "images", "of the true class")
    table = FittingTable(heads, heads[3:], title="Most confused classes", numbers=(2, 3))
    for pair in evaluation.scores.most_confused[:_MOST_PAIRS]:
        table.add_row(
            names[pair.true], names[pair.predicted], f"{pair.images:,}", percent(pair.fraction)
        )
    return table
