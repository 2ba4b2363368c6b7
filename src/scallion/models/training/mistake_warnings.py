"""The warnings of classic mistakes that one model gives: each once."""

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
        if isinstance(source, ArraySource):
            data = source.data
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
            self._warn("scaling", classic_mistakes.scaled_twice(graph, data.inputs))
            self._warn("scaling", classic_mistakes.unscaled(graph, data.inputs))
            self.trained_range = PixelRange.of(data.inputs[0])
        if validation is not None and not is_split:
            self._check_range(validation)

    def check_evaluation(self, graph: Graph, losses: Sequence[Loss], source: BatchSource) -> None:
        """Warn before an evaluation."""
        self._check_outputs(graph, losses)
        self._check_range(source)

    def check_prediction(self, data: Any, source: BatchSource) -> None:
        """Warn before a prediction of `data`, from which `source` was made."""
        self._check_range(source)
        self._warn("shuffled", classic_mistakes.shuffled_predictions(data))

    def _check_outputs(self, graph: Graph, losses: Sequence[Loss]) -> None:
        for tensor, loss in zip(graph.outputs, losses, strict=True):
            mistake = classic_mistakes.outputs_and_loss(tensor, loss)
            self._warn(f"output {tensor.name} with {loss!r}", mistake)

    def _check_range(self, source: BatchSource) -> None:
        if isinstance(source, ArraySource) and self.trained_range is not None:
            images = source.data.inputs[0]
            self._warn("range", classic_mistakes.other_range(images, self.trained_range))

    def _warn(self, mistake: str, text: str | None) -> None:
        """Warn of a mistake by name, unless it is None or was warned of before."""
        if text is not None and mistake not in self._given:
            self._given.add(mistake)
            warnings.warn(text, stacklevel=5)


def _has_one_class_per_image(labels: np.ndarray, loss: Loss) -> bool:
    """Return whether labels (n,), (n, 1) or one-hot rows are classes, one per image."""
    if isinstance(loss, CategoricalCrossentropy):
        return labels.ndim == 2
    return isinstance(loss, _CLASSIFICATION) and labels.size == len(labels)
