"""Tables for a terminal of any width, and for files: scores, comparisons, runs, answers."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scallion.runs import Classification, RunComparison, RunEvaluation, RunSummary
from scallion.text_format import duration, percent

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

MANY = 20  # classes, beyond which only the worst are shown


def evaluation_table(evaluated: RunEvaluation) -> "RenderableType":
    """All scores: what they are worth first, then a line a class, then what is mixed up."""
    from rich.console import Group
    from rich.text import Text

    parts: list[Any] = [Text(_headline(evaluated)), _classes(evaluated), _whole(evaluated)]
    if evaluated.scores.most_confused:
        parts.append(_confused(evaluated))
    return Group(*parts)


def looked(looks: int) -> str:
    """How often the test images were looked at, and what that means.

    >>> looked(1)
    'The test images were looked at once.'
    """
    if looks == 1:
        return "The test images were looked at once."
    often = "twice" if looks == 2 else f"{looks} times"
    return (
        f"The test images were looked at {often}; the more often one chooses by them, the less "
        "their score says of new images."
    )


def _headline(evaluated: RunEvaluation) -> str:
    scores, images = evaluated.scores, evaluated.images
    low, high = scores.interval
    known = {"test": "test", "validation": "validation", "train": "training"}
    what = f"{known[images]} images" if images in known else f"images of {images}"
    score = (
        f"{evaluated.run.path}: {percent(scores.accuracy)} of {scores.images:,} {what} right "
        f"(95 % interval {percent(low)[:-2]} to {percent(high)})."
    )
    rivals = (
        f"Beside it: {percent(scores.largest_class)} by always naming the largest class, "
        f"{percent(evaluated.linear)} by a linear model on the pixels."
    )
    lines = [score, rivals]
    if images == "validation":
        lines.append("These images chose the best epoch, so new images may fare a little worse.")
    if evaluated.test_evaluations is not None:
        lines.append(looked(evaluated.test_evaluations))
    return "\n".join(lines)


def _classes(evaluated: RunEvaluation) -> "Table":
    each, names = evaluated.scores.per_class, evaluated.class_names
    order = range(len(names))
    title = None
    if len(names) > MANY:
        order = sorted(order, key=lambda place: (each.f1[place], place))[:MANY]
        title = f"The {MANY} worst of {len(names)} classes"
    table = _table("class", "precision", "recall", "F1", "images", title=title)
    for place in order:
        table.add_row(
            names[place],
            *(percent(column[place]) for column in (each.precision, each.recall, each.f1)),
            f"{each.support[place]:,}",
        )
    table.add_section()
    for word, average in (
        ("mean", evaluated.scores.macro),
        ("weighted", evaluated.scores.weighted),
    ):
        table.add_row(word, *map(percent, average), f"{evaluated.scores.images:,}")
    return table


def _whole(evaluated: RunEvaluation) -> "Table":
    scores = evaluated.scores
    last = len(scores.top_k)
    table = _table("all classes together", "")
    table.add_row("balanced accuracy", percent(scores.balanced_accuracy))
    if last > 2:
        table.add_row(f"right among the first {last}", percent(scores.top_k[-1]))
    table.add_row("ROC AUC, one against the rest", f"{scores.roc_auc:.4f}")
    table.add_row("log loss", f"{scores.log_loss:.4f}")
    table.add_row("Brier score (0 to 2)", f"{scores.brier_score:.4f}")
    table.add_row("calibration error", percent(scores.calibration_error))
    return table


def _confused(evaluated: RunEvaluation) -> "Table":
    names = evaluated.class_names
    table = _table("most often", "taken for", "images", "of the class", numbers=(2, 3))
    for pair in evaluated.scores.most_confused[:5]:
        table.add_row(
            names[pair.true], names[pair.predicted], f"{pair.images:,}", percent(pair.fraction)
        )
    return table


def runs_table(runs: Sequence[RunSummary]) -> "RenderableType":
    """A line a run."""
    heads = ("run", "model", "status", "epochs", "validation", "test", "test evaluations", "time")
    table = _table(*heads, numbers=range(3, len(heads)))
    for run in runs:
        table.add_row(
            run.run,
            run.model,
            run.status,
            f"{run.epochs}/{run.planned}",
            *("" if value is None else percent(value) for value in _accuracies(run)),
            str(run.test_evaluations or ""),
            "" if run.seconds is None else duration(run.seconds),
        )
    return table


def _accuracies(run: RunSummary) -> tuple[float | None, float | None]:
    return run.val_accuracy, run.test_accuracy


def predictions_table(paths: Iterable[Any], answers: Iterable[Classification]) -> "RenderableType":
    """A line an image: the likeliest classes, and whether it is unlike the training images."""
    table = _table("image", "class", "probability", "then", "", numbers=(2,))
    for path, answer in zip(paths, answers, strict=True):
        others = ", ".join(f"{guess.name} {percent(guess.probability)}" for guess in answer.top[1:])
        note = "unlike the training images" if answer.unfamiliar else ""
        table.add_row(Path(path).name, answer.name, percent(answer.probability), others, note)
    return table


def comparison_table(compared: RunComparison) -> "RenderableType":
    """What differs, what was reached, and a verdict for each two runs."""
    from rich.console import Group
    from rich.text import Text

    names = [run.path.name for run in compared.runs]
    table = _table("", *names, numbers=())
    for setting, values in compared.settings.items():
        table.add_row(setting, *("-" if value is None else str(value) for value in values))
    table.add_section()
    table.add_row(f"{compared.split} accuracy", *map(percent, compared.accuracies))
    table.add_row("images", *(f"{count:,}" for count in compared.images))
    return Group(table, Text("\n".join(describe_comparison(compared))))


def describe_comparison(compared: RunComparison) -> list[str]:
    """A sentence for each two runs, and one for runs that differ in the seed alone."""
    names = [run.path.name for run in compared.runs]
    lines: list[str] = []
    for (one, two), found in compared.pairs.items():
        pair = f"{names[one]} and {names[two]}"
        if found is None:
            lines.append(f"{pair}: other {compared.split} images, so nothing can be said.")
            continue
        low, high = (100 * end for end in found.interval)
        figures = (
            f"{100 * found.difference:+.1f} points (95 % interval {low:+.1f} to {high:+.1f}), "
            f"McNemar's p = {found.p_value:.2g}: {found.first_only:,} images only the first has "
            f"right, {found.second_only:,} only the second"
        )
        if found.better is None:
            lines.append(f"{pair}: no difference that these data can show. {figures}.")
        else:
            better = names[one if found.better == "first" else two]
            lines.append(f"{pair}: {better} is better. {figures}.")
    for group in compared.groups:
        spread = compared.spread(group)
        if spread is not None:
            lines.append(
                f"{', '.join(names[place] for place in group)} differ in the seed alone: "
                f"{percent(spread[0])} on average, standard deviation {100 * spread[1]:.2f} points."
            )
    if len(compared.groups) == len(compared.runs):
        lines.append(
            "One seed a setting: another seed alone can move the accuracy; train each with two or "
            "three seeds (--seed) to see by how much."
        )
    return lines


def _table(*heads: str, title: str | None = None, numbers: Sequence[int] | None = None) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for place, head in enumerate(heads):
        is_number = place > 0 if numbers is None else place in numbers
        table.add_column(
            head,
            justify="right" if is_number else "left",
            overflow="fold",
            no_wrap=is_number,
        )
    return table
