"""The sections of a report about its scores: all metrics, each class, confusion matrix."""

from collections.abc import Mapping

from scallion.html import (
    Markup,
    TableColumn,
    bar,
    definitions,
    element,
    join,
    paragraph,
    png_figure,
    table,
)
from scallion.insight import Evaluation
from scallion.plots import PngFigure
from scallion.report.overview import interval_text
from scallion.runs import SavedRun
from scallion.text_format import percent, three_digits

CLASSES_LISTED = 30  # above, tables of classes list the ones with the lowest F1 only
_PAIRS_LISTED = 8
_SIDE_BY_SIDE = 4  # classes, up to which both confusion matrices fit next to each other

Figures = Mapping[str, PngFigure]


def scores_section(saved_run: SavedRun, scores: Evaluation, figures: Figures) -> Markup:
    """Return all metrics of the validation images, a table of classes, and the calibration."""
    most = len(scores.top_k)
    metrics = {
        "Accuracy": f"{percent(scores.accuracy)} ({interval_text(scores.interval)})",
        "Balanced accuracy": percent(scores.balanced_accuracy),
        f"Top-{most} accuracy": percent(scores.top_k[-1]),
        "Macro F1": percent(scores.macro.f1),
        "ROC AUC (one-vs-rest)": three_digits(scores.roc_auc),
        "Log loss": three_digits(scores.log_loss),
        "Brier score": three_digits(scores.brier_score),
        "Calibration error": percent(scores.calibration_error),
        "Baseline: most frequent class": percent(scores.largest_class),
    }
    if len(saved_run.class_names) <= 2:
        metrics.pop(f"Top-{most} accuracy")
    return join(
        paragraph("All scores are of the best epoch, on the validation images.", "note"),
        definitions(metrics),
        _class_table(saved_run, scores),
        png_figure(figures["reliability"]),
    )


def confusion_section(saved_run: SavedRun, scores: Evaluation, figures: Figures) -> Markup:
    """Return both confusion matrices, and the most confused pairs of classes."""
    names = saved_run.class_names
    matrices = join(*(png_figure(figures[name]) for name in ("confusion", "confusion-normalized")))
    if len(names) <= _SIDE_BY_SIDE:
        matrices = element("div", matrices, class_="pair")
    if not scores.most_confused:
        return matrices
    pairs = table(
        [
            TableColumn("True class"),
            TableColumn("Predicted class"),
            TableColumn("Images", number=True),
            TableColumn("Of the true class", number=True),
        ],
        [
            (names[pair.true], names[pair.predicted], f"{pair.images:,}", percent(pair.fraction))
            for pair in scores.most_confused[:_PAIRS_LISTED]
        ],
    )
    return join(matrices, element("h3", "Most confused pairs"), pairs)


def _class_table(saved_run: SavedRun, scores: Evaluation) -> Markup:
    each = scores.per_class
    order = list(range(len(saved_run.class_names)))
    note = None
    if len(order) > CLASSES_LISTED:
        order = sorted(order, key=lambda label: each.f1[label])[:CLASSES_LISTED]
        note = paragraph(f"The {CLASSES_LISTED} classes with the lowest F1.", "note")
    columns = [
        TableColumn("Class"),
        TableColumn("Precision", number=True),
        TableColumn("Recall", number=True),
        TableColumn("F1", number=True),
        TableColumn(""),
        TableColumn("Images", number=True),
    ]
    rows = [
        (
            saved_run.class_names[label],
            percent(each.precision[label]),
            percent(each.recall[label]),
            percent(each.f1[label]),
            bar(float(each.f1[label])),
            f"{each.support[label]:,}",
        )
        for label in order
    ]
    return join(note, table(columns, rows))
