"""Checks of `x`, `y` and weights, and their conversion to a source of batches for the engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from scallion.engine import IndexedBatch
from scallion.errors import ArgumentError, DataError
from scallion.graph import Graph
from scallion.layers.base.tensor import Tensor
from scallion.models.training.array_data import ArrayData, unpack_validation_data
from scallion.models.training.batch_sources import (
    ArraySource,
    BatchIndices,
    BatchSource,
    StreamSource,
    is_stream,
    refuse_beside_stream,
    require_end,
    split_batch,
)
from scallion.models.training.compile_config import CompileConfig
from scallion.models.training.inputs import as_inputs
from scallion.models.training.targets import as_sample_weights, class_to_sample_weights

DEFAULT_BATCH_SIZE = 32

ClassWeight = Mapping[int, float] | None


@dataclass(frozen=True, slots=True)
class ValidationArguments:
    """The arguments of `fit` that say what is validated on, and in which batches."""

    data: Any = None
    split: float = 0.0
    batch_size: int | None = None
    steps: int | None = None


class DataAdapter:
    """Converts the data of `fit` and `evaluate` to batch sources.

    `graph_for` returns the model's graph for the first images: a Sequential without an Input is
    built from their shape. The first labels resolve the losses and metrics of `config`.
    """

    def __init__(self, graph_for: Callable[[Any], Graph], config: CompileConfig) -> None:
        self._graph_for = graph_for
        self._config = config

    def fit_sources(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        class_weight: ClassWeight,
        *,
        batch_size: int | None,
        steps: int | None,
        shuffle: bool,
        validation: ValidationArguments,
    ) -> tuple[BatchSource, BatchSource | None]:
        """Return the sources of training and validation batches. Raises DataError, ArgumentError.

        Class weights apply to training images only.
        """
        held_out: BatchSource | None = None
        source: BatchSource
        if is_stream(x):
            refuse_beside_stream(
                x, y=y, sample_weight=sample_weight, validation_split=validation.split
            )
            require_end(x, steps, "steps_per_epoch")
            source = self._stream(x, steps, class_weight, shuffle)
        else:
            data = self.arrays(x, y, sample_weight)
            if validation.split and validation.data is None:
                data, rest = data.split(validation.split)
                held_out = _array_source(rest, validation.batch_size, validation.steps)
            data = self._with_class_weights(data, class_weight)
            if data.weights is not None and not data.weights.any():
                raise DataError(
                    f"all weights of the {len(data)} images are 0, so nothing is learned",
                    hint="leave out sample_weight and class_weight",
                )
            source = _array_source(data, batch_size, steps, shuffle=shuffle)
        if validation.data is not None:
            given = (
                (validation.data,)
                if is_stream(validation.data)
                else unpack_validation_data(validation.data)
            )
            held_out = self.source(
                *given,
                batch_size=validation.batch_size,
                steps=validation.steps,
                steps_argument="validation_steps",
            )
        return source, held_out

    def source(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        batch_size: int | None,
        steps: int | None,
        steps_argument: str = "steps",
    ) -> BatchSource:
        """Return batches in the order of the data. Raises DataError, ArgumentError."""
        if is_stream(x):
            require_end(x, steps, steps_argument)
            refuse_beside_stream(x, y=y, sample_weight=sample_weight)
            return self._stream(x, steps)
        return _array_source(self.arrays(x, y, sample_weight), batch_size, steps)

    def arrays(
        self, x: Any, y: Any, sample_weight: Any, class_weight: ClassWeight = None
    ) -> ArrayData:
        """Return checked arrays. Raises DataError, ArgumentError."""
        if x is None:
            raise DataError("there are no images", hint="model.fit(x, y)")
        graph = self._graph_for(x)
        images = as_inputs(x, graph.inputs)
        targets = self._config.targets(y, graph.outputs)
        data = ArrayData(images, targets, as_sample_weights(sample_weight, len(images[0])))
        self._config.resolve_metrics(targets, graph.outputs)
        return self._with_class_weights(data, class_weight)

    def _stream(
        self, x: Any, steps: int | None, class_weight: ClassWeight = None, shuffle: bool = False
    ) -> StreamSource:
        """Return a source that checks each batch when it comes, and the first one now."""

        def prepare(batch: Any) -> IndexedBatch:
            return self.arrays(*split_batch(batch), class_weight).as_batch()

        stream = StreamSource(x, prepare, steps, shuffle=shuffle)
        stream.check_first()
        return stream

    def _with_class_weights(self, data: ArrayData, class_weight: ClassWeight) -> ArrayData:
        if class_weight is None:
            return data
        if data.weights is not None:
            raise ArgumentError(
                "`class_weight` and `sample_weight` cannot both be given",
                hint="multiply them: sample_weight * np.vectorize(class_weight.get)(y)",
            )
        outputs = self._graph_for(data.inputs).outputs
        return data.with_weights(class_to_sample_weights(class_weight, data.targets, outputs))


def prediction_source(
    x: Any,
    inputs: Sequence[Tensor],
    *,
    batch_size: int | None,
    steps: int | None,
    on_images: Callable[[np.ndarray], None],
) -> BatchSource:
    """Return the source of batches without labels. Raises DataError.

    NaN and infinite pixels are left to the engine, which checks them while it reads them. The
    images of the model's first input are given to `on_images`, those of a stream batch by batch.
    """

    def arrays(images: Any) -> ArrayData:
        data = ArrayData(as_inputs(images, inputs, finite=False))
        on_images(data.inputs[0])
        return data

    if is_stream(x):
        require_end(x, steps, "steps")
        return StreamSource(x, lambda batch: arrays(split_batch(batch)[0]).as_batch(), steps)
    return _array_source(arrays(x), batch_size, steps)


def _array_source(
    data: ArrayData, batch_size: int | None, steps: int | None, *, shuffle: bool = False
) -> ArraySource:
    """Return batches of this size; given only a number of steps, one pass in that many batches."""
    size = batch_size or (ceil(len(data) / steps) if steps else DEFAULT_BATCH_SIZE)
    return ArraySource(data, BatchIndices(len(data), size, steps, shuffle=shuffle))
