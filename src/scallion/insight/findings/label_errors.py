"""Labels that are likely wrong: what networks say that have not seen them."""

from typing import NamedTuple

import numpy as np

from scallion.findings import Finding
from scallion.insight.metrics.predictions import Predictions
from scallion.text_format import join_names, percent, plural

_FLOOR = 1e-12  # float64 probabilities below this tell nothing any more
_WORTH_A_LOOK = 0.03


class LabelIssue(NamedTuple):
    """An image whose label is doubted: its place, its label, what it more likely is.

    `odds` is how many times more probable the other class is, as a logarithm.
    """

    place: int
    label: int
    likely: int
    odds: float


def find_label_issues(held_out: Predictions) -> list[LabelIssue]:
    """Every image that is more likely of another class than its label says, the clearest first.

    The probabilities must come from networks that were not trained on these very images: those of
    `out_of_fold_predictions`, or of validation images.
    """
    logs = np.log(np.maximum(held_out.probabilities, _FLOOR))
    rows = np.arange(held_out.count)
    odds = logs[rows, held_out.predicted] - logs[rows, held_out.labels]
    order = np.argsort(-odds, kind="stable")
    return [
        LabelIssue(int(i), int(held_out.labels[i]), int(held_out.predicted[i]), float(odds[i]))
        for i in order[: int((odds > 0).sum())]
    ]


def estimate_label_errors(held_out: Predictions) -> int:
    """How many labels are likely wrong, by confident learning (Northcutt, Jiang, Chuang 2021).

    An image counts where another class reaches the confidence that its own images have on average.
    """
    usual = np.full(held_out.classes, np.inf)
    for label in np.unique(held_out.labels):
        usual[label] = held_out.probabilities[held_out.labels == label, label].mean()
    reaches = held_out.probabilities >= usual
    best = np.where(reaches, held_out.probabilities, -1.0).argmax(axis=1)
    return int((reaches.any(axis=1) & (best != held_out.labels)).sum())


def noisy_labels_finding(
    held_out: Predictions, names: tuple[str, ...] | None = None, most: int = 200
) -> Finding | None:
    """Labels that are likely wrong, the clearest first in the evidence; a hint, not a proof."""
    doubts = find_label_issues(held_out)
    count = estimate_label_errors(held_out)
    if not doubts or not count:
        return None
    share = count / held_out.count
    called = names or tuple(f"class {label}" for label in range(held_out.classes))
    examples = [
        f"image {doubt.place}, labelled {called[doubt.label]}, looks like {called[doubt.likely]}"
        for doubt in doubts[:3]
    ]
    return Finding(
        "noisy-labels",
        "warning" if share > _WORTH_A_LOOK else "info",
        f"About {plural(count, 'label')} of {held_out.count:,} ({percent(share)}) may be wrong: "
        f"{join_names(examples)}.",
        {
            "estimated": count,
            "images": held_out.count,
            "doubts": [d._asdict() for d in doubts[:most]],
        },
        "look at the listed images, the first ones first, and correct or remove what is wrong",
    )
