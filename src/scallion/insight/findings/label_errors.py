"""Label errors: labels that networks contradict which were not trained on these images."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scallion.finding_rules import Detection, FindingRule, apply_rules
from scallion.findings import Finding
from scallion.insight.metrics.predictions import Predictions
from scallion.text_format import join_names, percent, plural

_FLOOR = 1e-12  # float64 probabilities below this carry no information
_MANY = 0.03  # of the labels
_LISTED = 200  # issues in the evidence


class LabelIssue(NamedTuple):
    """An image whose label is doubtful: its index, its label, and the more likely class.

    `log_odds` is the log of how many times more probable that class is than the label.
    """

    image: int
    label: int
    suggested: int
    log_odds: float


def find_label_issues(held_out: Predictions) -> list[LabelIssue]:
    """Return every image for which another class is more likely than its label, clearest first.

    The probabilities must come from networks that were not trained on these images: out-of-fold
    predictions, or predictions of validation images.
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
    """Estimate the number of wrong labels by confident learning (Northcutt, Jiang, Chuang 2021).

    An image counts where another class reaches the mean confidence of that class's own images.
    """
    threshold = np.full(held_out.classes, np.inf)
    for label in np.unique(held_out.labels):
        threshold[label] = held_out.probabilities[held_out.labels == label, label].mean()
    reaches = held_out.probabilities >= threshold
    best = np.where(reaches, held_out.probabilities, -1.0).argmax(axis=1)
    return int((reaches.any(axis=1) & (best != held_out.labels)).sum())


def noisy_labels_finding(
    held_out: Predictions, class_names: Sequence[str] | None = None
) -> Finding | None:
    """Return a finding about labels that are likely wrong, or None; a hint, not a proof.

    `held_out` are predictions as `find_label_issues` takes them.
    """
    facts = {"held_out": held_out, "class_names": class_names}
    return next(iter(apply_rules((NOISY_LABELS,), facts)), None)


def _noisy_labels(held_out: Predictions, class_names: Sequence[str] | None) -> Detection | None:
    issues, count = find_label_issues(held_out), estimate_label_errors(held_out)
    if not issues or not count:
        return None
    fraction = count / held_out.count
    names = class_names or [f"class {label}" for label in range(held_out.classes)]
    examples = [
        f"image {issue.image}, labelled {names[issue.label]}, looks like {names[issue.suggested]}"
        for issue in issues[:3]
    ]
    return Detection(
        f"About {plural(count, 'label')} of {held_out.count:,} ({percent(fraction)}) may be wrong: "
        f"{join_names(examples)}.",
        {
            "estimated": count,
            "images": held_out.count,
            "issues": [issue._asdict() for issue in issues[:_LISTED]],
        },
        "check the listed images, the first ones first, and correct or remove what is wrong",
        "warning" if fraction > _MANY else "info",
    )


NOISY_LABELS = FindingRule(
    "noisy-labels", "warning", _noisy_labels, needs=("held_out",), optional=("class_names",)
)
