"""The warnings of classic mistakes that one model gives: each once."""

import sys
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from scallion.graph import Graph
from scallion.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    SparseCategoricalCrossentropy,
)
from scallion.models.training import classic_mistakes
from scallion.models.training.batch_sources import ArraySource, BatchSource
from scallion.pixel_ranges import PixelRange

_CLASSIFICATION = (BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy)

_PACKAGE = "scallion.models."


class MistakeWarnings:
    """Looks for classic mistakes at `fit`, `evaluate` and `predict`, and warns of each once.

    `trained_range` is the type and range of the images that the model was trained on, if known.
    """

    def __init__(self) -> None:
        self.trained_range: PixelRange | None = None
        self._given: set[str] = set()

    def check_fit(
        self,
        graph: Graph,
        losses: Sequence[Loss],
        source: BatchSource,
        validation: BatchSource | None,
        *,
        is_split: bool,
        class_weight: Any,
        shuffle: bool,
    ) -> None:
        """Warn before the first step. `is_split` says that `validation` was split off `source`."""
        self._check_outputs(graph, losses)
        for mistake in ("nothing_to_train", "unadapted_normalization", "channels_first"):
            self._warn(mistake, getattr(classic_mistakes, mistake)(graph))
        if isinstance(source, ArraySource):
            data = source.data
            for output, loss, targets in zip(graph.outputs, losses, data.targets, strict=True):
                beyond = classic_mistakes.labels_beyond_outputs(output, loss, targets)
                self._warn(f"labels of {output.name}", beyond)
            labels = data.targets[0]
            if len(losses) == 1 and _has_one_class_per_image(labels, losses[0]):
                is_held_out = is_split and isinstance(validation, ArraySource)
                held_out = validation.data.targets[0] if is_held_out else None  # type: ignore[union-attr]
                self._warn("order", classic_mistakes.sorted_labels(labels, held_out, shuffle))
                unknown = classic_mistakes.unknown_class_weights(class_weight, labels, held_out)
                self._warn("class weights", unknown)
                if isinstance(validation, ArraySource) and not is_split:
                    others = validation.data.targets[0]
                    self._warn("unseen", classic_mistakes.unseen_classes(labels, others))
        images = source.sample_inputs
        if images is not None:
            self._warn("scaling", classic_mistakes.scaled_wrongly(graph, images))
            self._warn("scaling", classic_mistakes.unscaled(graph, images))
            self.trained_range = PixelRange.of(images[0])
        if validation is not None and not is_split:
            self._check_range(validation)

    def check_evaluation(self, graph: Graph, losses: Sequence[Loss], source: BatchSource) -> None:
        """Warn before an evaluation."""
        self._check_outputs(graph, losses)
        self._check_range(source)

    def check_prediction(self, data: Any) -> None:
        """Warn before a prediction of `data`."""
        self._warn("shuffled", classic_mistakes.shuffled_predictions(data))

    def _check_outputs(self, graph: Graph, losses: Sequence[Loss]) -> None:
        for tensor, loss in zip(graph.outputs, losses, strict=True):
            mistake = classic_mistakes.outputs_and_loss(tensor, loss)
            self._warn(f"output {tensor.name} with {loss!r}", mistake)
            self._warn(f"dropout of {tensor.name}", classic_mistakes.dropped_outputs(tensor))

    def check_images(self, images: np.ndarray) -> None:
        """Warn of images of another type or range than in training."""
        if self.trained_range is not None and "range" not in self._given:
            self._warn("range", classic_mistakes.other_range(images, self.trained_range))

    def _check_range(self, source: BatchSource) -> None:
        images = source.sample_inputs if self.trained_range is not None else None
        if images is not None:
            self.check_images(images[0])

    def _warn(self, mistake: str, text: str | None) -> None:
        """Warn of a mistake by name, unless it is None or was warned of before."""
        if text is not None and mistake not in self._given:
            self._given.add(mistake)
            warnings.warn(text, stacklevel=_level_of_caller())


def _level_of_caller() -> int:
    """Return the stack level, seen from the function that calls this, of the user's code."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    return level


def _has_one_class_per_image(labels: np.ndarray, loss: Loss) -> bool:
    """Return whether labels (n,), (n, 1) or one-hot rows are classes, one per image."""
    if isinstance(loss, CategoricalCrossentropy):
        return labels.ndim == 2
    return isinstance(loss, _CLASSIFICATION) and labels.size == len(labels)
