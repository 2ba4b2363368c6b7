"""Labels that are likely wrong: what networks say that have not seen them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.findings import Finding
from scallion.insight.answers import Answers, answers
from scallion.models import model_registry
from scallion.text_format import join_names, percent, plural

_FLOOR = 1e-12  # float64 probabilities below this tell nothing any more
_WORTH_A_LOOK = 0.03


class Doubt(NamedTuple):
    """An image whose label is doubted: its place, its label, what it more likely is.

    `odds` is how many times more probable the other class is, as a logarithm.
    """

    place: int
    label: int
    likely: int
    odds: float


def doubtful_labels(held_out: Answers) -> list[Doubt]:
    """Every image that is more likely of another class than its label says, the clearest first.

    The probabilities must come from networks that were not trained on these very images: those of
    `out_of_fold`, or of validation images.
    """
    logs = np.log(np.maximum(held_out.probabilities, _FLOOR))
    rows = np.arange(held_out.count)
    odds = logs[rows, held_out.predicted] - logs[rows, held_out.labels]
    order = np.argsort(-odds, kind="stable")
    return [
        Doubt(int(i), int(held_out.labels[i]), int(held_out.predicted[i]), float(odds[i]))
        for i in order[: int((odds > 0).sum())]
    ]


def out_of_fold(
    x: NDArray[Any],
    labels: NDArray[np.integer],
    classes: int,
    *,
    folds: int = 3,
    epochs: int = 4,
    model: str = "quick",
    scale: float = 1 / 255,
    seed: int = 0,
) -> Answers:
    """What networks say of images that they were not trained on: each fold asks the others.

    Trains `folds` networks on all images but a part. Raises ArgumentError for fewer than two.
    """
    if folds < 2:
        raise ArgumentError(
            f"two folds or more, so that each has others to learn from. Received: folds={folds!r}",
            hint="folds=3",
        )
    architecture, recipe = model_registry.find(model)
    part = np.random.default_rng(seed).permutation(len(x)) % folds
    logits = np.zeros((len(x), classes))
    for fold in range(folds):
        seen, held = part != fold, part == fold
        network = architecture.build(x.shape[1:], classes, scale=scale)
        recipe.initialize(network, x[seen], scale)
        steps = epochs * -(-int(seen.sum()) // recipe.batch_size)
        recipe.compile(network, steps=steps)
        network.fit(x[seen], labels[seen], batch_size=recipe.batch_size, epochs=epochs, verbose=0)
        logits[held] = network.predict(x[held], batch_size=256, verbose=0)
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return answers(labels, exponents / exponents.sum(axis=1, keepdims=True))


def confidently_wrong(held_out: Answers) -> int:
    """How many labels are likely wrong, by confident learning (Northcutt, Jiang, Chuang 2021).

    An image counts where another class reaches the confidence that its own images have on average.
    """
    usual = np.full(held_out.classes, np.inf)
    for label in np.unique(held_out.labels):
        usual[label] = held_out.probabilities[held_out.labels == label, label].mean()
    reaches = held_out.probabilities >= usual
    best = np.where(reaches, held_out.probabilities, -1.0).argmax(axis=1)
    return int((reaches.any(axis=1) & (best != held_out.labels)).sum())


def noisy_labels(
    held_out: Answers, names: tuple[str, ...] | None = None, most: int = 200
) -> Finding | None:
    """Labels that are likely wrong, the clearest first in the evidence; a hint, not a proof."""
    doubts = doubtful_labels(held_out)
    count = confidently_wrong(held_out)
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
