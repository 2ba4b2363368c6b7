"""`compile`, `fit`, `evaluate` and `predict`: what a model does with data."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np

from scallion import engine as engines
from scallion import session
from scallion.callbacks import CallbackList, History
from scallion.engine import Engine, IndexedBatch
from scallion.errors import ArgumentError, DataError, StateError
from scallion.graph import Graph
from scallion.graph.nested_models import flatten_nested
from scallion.losses import Loss
from scallion.models import training_loop
from scallion.models.array_data import ArrayData, unpack_validation_data
from scallion.models.batch_sources import (
    ArraySource,
    BatchIndices,
    BatchSource,
    StreamSource,
    is_stream,
    refuse_beside_stream,
    split_batch,
)
from scallion.models.compile_config import CompileConfig
from scallion.models.epoch_metrics import EpochMetrics
from scallion.models.inputs import as_inputs
from scallion.models.targets import (
    as_sample_weights,
    as_target,
    class_to_sample_weights,
    per_output,
)
from scallion.models.training_loop import EpochRange, TrainingLoop
from scallion.optimizers import Optimizer

BATCH_SIZE = 32


class Trainer:
    """The half of a model that trains, tests and predicts. The other half knows the layers."""

    graph: Graph
    name: str

    def __init__(self) -> None:
        self.compiled = False
        self.stop_training = False
        self.stop_evaluating = False
        self.stop_predicting = False
        self.history: History | None = None
        self.loss: Any = None
        self._engine_name = "auto"
        self.seed = 0
        self._plan: CompileConfig | None = None
        self._training: TrainingLoop | None = None
        self._compile_arguments: dict[str, Any] = {}
        self._reset_engines()

    def _reset_engines(self) -> None:
        self._losses: tuple[Loss, ...] | None = None
        self._tally: EpochMetrics | None = None
        self._engine: tuple[object, Engine] | None = None
        self._predictor: tuple[object, Engine] | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
        engine: str = "auto",
    ) -> None:
        """Choose how to train: optimizer, loss and metrics, by name or as objects.

        With several outputs, loss and metrics are a list or a dict by output name. `engine` is
        `auto`, `native` (compiled) or `reference` (NumPy, slow): see `scallion.engine.resolve`. The
        four arguments before it are accepted for Keras and change nothing.
        Raises UnknownNameError, UnsupportedError for a loss of your own, ArgumentError, and
        EngineError for an engine that cannot run here.
        """
        if engine != "auto":
            engines.resolve(engine)
        self._plan = CompileConfig(
            optimizer, loss, loss_weights, metrics, weighted_metrics, self.output_names
        )
        self._compile_arguments = {
            "optimizer": self._plan.optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self.loss = loss
        self._engine_name = engine
        self.seed = session.next_seed()
        self.compiled = True
        self.stop_training = False
        self._reset_engines()

    @property
    def engine(self) -> str:
        """The engine that `compile` chose: `auto`, `native` or `reference`."""
        return self._engine_name

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that the outputs come from."""
        return [tensor.name for tensor in self.graph.outputs]

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that `compile` was given. Raises StateError before."""
        return self._needed_plan("optimizer").optimizer

    @property
    def metrics(self) -> list[Any]:
        """The metrics of `compile`, once the first data has told what `accuracy` means."""
        return [] if self._tally is None else [m.metric for m in self._tally.measures]

    @property
    def metrics_names(self) -> list[str]:
        """The names as Keras lists them."""
        has_metrics = any(self._compile_arguments.get(k) for k in ("metrics", "weighted_metrics"))
        return ["loss", *(["compile_metrics"] if has_metrics else [])] if self.compiled else []

    def _needed_plan(self, doing: str) -> CompileConfig:
        if self._plan is None:
            raise StateError(
                f"model {self.name!r} is not compiled, so it has no optimizer and no loss. "
                f"Asked for: {doing}",
                hint=f"{doing} after model.compile('adam', 'sparse_categorical_crossentropy')",
            )
        return self._plan

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | list[int] = 1,
    ) -> History:
        """Train on images `x` (n, ...) and labels `y` for some epochs; returns the History.

        `x` is an array of any number type, or a list or dict of arrays for several inputs; `y`
        holds class numbers (n,) or (n, 1), or one-hot rows (n, classes). `batch_size` is 32 unless
        given. `validation_split` keeps the last part for validation. Raises StateError before
        `compile`, DataError for data that does not fit, TrainingError when the loss becomes NaN.
        """
        self._needed_plan("fit")
        size = _checked_counts(batch_size, epochs, initial_epoch, steps_per_epoch)
        held_size = validation_batch_size or size
        source: BatchSource
        validation: BatchSource | None = None
        if is_stream(x):
            refuse_beside_stream(
                x, y=y, sample_weight=sample_weight, validation_split=validation_split
            )
            source = self._stream(x, steps_per_epoch, class_weight, _shuffles(shuffle))
        else:
            data = self._data(x, y, sample_weight)
            if validation_split and validation_data is None:
                data, held = data.split(validation_split)
                validation = _arrays(held, held_size, validation_steps)
            if class_weight is not None:
                data = self._class_weighted(data, class_weight)
            source = _arrays(data, size, steps_per_epoch, shuffle=_shuffles(shuffle))
        if validation_data is not None:
            given = (
                (validation_data,)
                if is_stream(validation_data)
                else unpack_validation_data(validation_data)
            )
            validation = self._source(*given, size=held_size, steps=validation_steps)
        epoch_range = EpochRange(initial_epoch, epochs, _frequency(validation_freq))
        listeners = CallbackList(
            callbacks,
            model=self,
            add_history=True,
            verbose=_verbosity(verbose),
            epochs=epochs,
            steps=source.count,
        )
        self.stop_training = False
        engine, epoch_metrics = self._trained_by(), self._bound_tally()
        try:
            self._training = TrainingLoop(
                self, engine, source, epoch_metrics, epoch_range, listeners, validation
            )
            self._training.run()
        except BaseException:
            listeners.break_line()
            raise
        finally:
            self._training = None
        return listeners.history  # type: ignore[return-value]

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """The loss and metrics on images and labels: one number, a list, or a dict by name."""
        self._needed_plan("evaluate")
        source = self._source(x, y, sample_weight, size=_size(batch_size, steps), steps=steps)
        listeners = self._listeners(callbacks, verbose, source)
        engine, epoch_metrics = self._trained_by(), self._bound_tally()
        try:
            logs = training_loop.test(self, engine, source, epoch_metrics, listeners)
        except BaseException:
            listeners.break_line()
            raise
        return logs if return_dict else epoch_metrics.as_list(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """What the network answers for each image: float32 (n, ...), a list for several outputs.

        Works without `compile`. Raises DataError for images that do not fit.
        """
        size = _size(batch_size, steps)
        source: BatchSource
        if is_stream(x):
            source = StreamSource(x, lambda batch: self._images(split_batch(batch)[0]).all(), steps)
        else:
            source = _arrays(self._images(x), size, steps)
        listeners = self._listeners(callbacks, verbose, source)
        try:
            outputs = training_loop.predict(self, self._asked(), source, listeners)
        except BaseException:
            listeners.break_line()
            raise
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """One update on one batch; the loss and metrics from before the update."""
        self._needed_plan("train_on_batch")
        data = self._data(x, y, sample_weight)
        if class_weight is not None:
            data = self._class_weighted(data, class_weight)
        engine, epoch_metrics = self._trained_by(), self._bound_tally()
        batch = data.all()
        result = engine.train(batch, seed=self.seed, step=self.optimizer.batches_seen)
        epoch_metrics.reset()
        epoch_metrics.add(batch, result)
        logs = epoch_metrics.logs()
        return logs if return_dict else epoch_metrics.as_list(logs)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | dict[str, float]:
        """The loss and metrics on one batch, with nothing learned."""
        self._needed_plan("test_on_batch")
        data = self._data(x, y, sample_weight)
        engine, epoch_metrics = self._trained_by(), self._bound_tally()
        batch = data.all()
        result = engine.test(batch)
        epoch_metrics.reset()
        epoch_metrics.add(batch, result)
        logs = epoch_metrics.logs()
        return logs if return_dict else epoch_metrics.as_list(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """What the network answers for one batch: float32 (n, ...), a list for several outputs."""
        images = as_inputs(x, self.graph.inputs, finite=False)
        outputs = self._asked().predict(images, np.arange(len(images[0])))
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def reset_metrics(self) -> None:
        """Forget all batches that losses and metrics have seen."""
        if self._tally is not None:
            self._tally.reset()

    def get_metrics_result(self) -> dict[str, Any]:
        """The loss and metrics over all batches since the last reset."""
        return self._bound_tally().logs()

    @property
    def training(self) -> TrainingLoop:
        """The `fit` at work, which callbacks can write down and resume. Raises StateError."""
        if self._training is None:
            raise StateError(
                f"model {self.name!r} is not training", hint="ask from a callback, while fit runs"
            )
        return self._training

    def _data(self, x: Any, y: Any, sample_weight: Any) -> ArrayData:
        """Checked arrays; the first ones also decide what `crossentropy` and `accuracy` mean."""
        if x is None:
            raise DataError("there are no images", hint="model.fit(x, y)")
        plan = self._needed_plan("fit")
        outputs = self.graph_for(x).outputs
        images = as_inputs(x, self.graph.inputs)
        if self._losses is None:
            self._losses = plan.resolve_losses(y, outputs)
        targets = tuple(
            as_target(given, tensor, loss)
            for given, tensor, loss in zip(
                per_output(y, outputs), outputs, self._losses, strict=True
            )
        )
        data = ArrayData(images, targets, as_sample_weights(sample_weight, len(images[0])))
        if self._tally is None:
            self._tally = plan.epoch_metrics(targets, outputs)
        return data

    def graph_for(self, x: Any) -> Graph:
        """The graph; a Sequential without Input builds it from the shape of the first images."""
        return self.graph

    def _class_weighted(self, data: ArrayData, class_weight: Mapping[int, float]) -> ArrayData:
        if data.weights is not None:
            raise ArgumentError(
                "`class_weight` and `sample_weight` cannot both be given",
                hint="multiply them: sample_weight * np.vectorize(class_weight.get)(y)",
            )
        return data.weighted(
            class_to_sample_weights(class_weight, data.targets, self.graph.outputs)
        )

    def _source(
        self, x: Any, y: Any = None, weights: Any = None, *, size: int | None, steps: int | None
    ) -> BatchSource:
        """What is tested on, in its order."""
        if is_stream(x):
            refuse_beside_stream(x, y=y, sample_weight=weights)
            return self._stream(x, steps)
        return _arrays(self._data(x, y, weights), size, steps)

    def _stream(
        self,
        x: Any,
        steps: int | None,
        class_weight: Mapping[int, float] | None = None,
        shuffle: bool = False,
    ) -> StreamSource:
        """Batches that come one by one, each checked when it comes."""

        def prepare(batch: Any) -> IndexedBatch:
            data = self._data(*split_batch(batch))
            if class_weight is not None:
                data = self._class_weighted(data, class_weight)
            return data.all()

        stream = StreamSource(x, prepare, steps, shuffle=shuffle)
        prepare(stream.peek())
        return stream

    def _images(self, x: Any) -> ArrayData:
        """What is asked about, which the engine looks at while it reads it."""
        return ArrayData(as_inputs(x, self.graph.inputs, finite=False))

    def _listeners(self, callbacks: Any, verbose: int | str, source: BatchSource) -> CallbackList:
        return CallbackList(
            callbacks, model=self, verbose=_verbosity(verbose), epochs=1, steps=source.count
        )

    def _bound_tally(self) -> EpochMetrics:
        if self._tally is None:
            raise StateError("no data has been seen yet", hint="call fit or evaluate first")
        return self._tally

    def _trained_by(self) -> Engine:
        """The engine for this loss; made anew where layers were frozen, thawed or added since."""
        plan = self._needed_plan("fit")
        graph = flatten_nested(self.graph)
        key = (self.graph, *(layer.trainable for layer in graph.layers))
        if self._engine is None or self._engine[0] != key:
            if self._losses is None:
                raise StateError("no data has been seen yet", hint="call fit first")
            # First the engine, which looks whether there is memory for all of it.
            engine = engines.create(graph, plan.objective(self._losses), self._engine_name)
            plan.optimizer.build(self.graph.trainable_weights)
            self._engine = key, engine
        return self._engine[1]

    def _asked(self) -> Engine:
        """An engine that can predict."""
        if self._predictor is None or self._predictor[0] is not self.graph:
            engine = engines.create(flatten_nested(self.graph), engine=self._engine_name)
            self._predictor = self.graph, engine
        return self._predictor[1]


def _arrays(
    data: ArrayData, size: int | None, steps: int | None, *, shuffle: bool = False
) -> ArraySource:
    """Batches of this size; with a number of steps alone, as large as makes one pass of them."""
    chosen = size or (ceil(len(data) / steps) if steps else BATCH_SIZE)
    return ArraySource(data, BatchIndices(len(data), chosen, steps, shuffle=shuffle))


def _size(batch_size: int | None, steps: int | None) -> int | None:
    return _checked_counts(batch_size, 1, 0, steps)


def _checked_counts(
    batch_size: int | None, epochs: int, initial_epoch: int, steps: int | None
) -> int | None:
    """The batch size, after all four counts have been found to be whole and large enough."""
    limits = (
        ("batch_size", batch_size, 1, 32),
        ("epochs", epochs, 0, 10),
        ("initial_epoch", initial_epoch, 0, 0),
        ("steps", steps, 1, 100),
    )
    for name, value, least, example in limits:
        if value is None and name in ("batch_size", "steps"):
            continue
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < least:  # type: ignore[operator]
            raise ArgumentError(
                f"`{name}` is a whole number of at least {least}. Received: {name}={value!r}",
                hint=f"{name}={example}",
            )
    return None if batch_size is None else int(batch_size)


def _shuffles(shuffle: Any) -> bool:
    if not isinstance(shuffle, bool | np.bool_ | int):
        raise ArgumentError(
            f"`shuffle` is True or False. Received: shuffle={shuffle!r}", hint="shuffle=True"
        )
    return bool(shuffle)


def _verbosity(verbose: Any) -> int:
    if verbose == "auto":
        return 1
    if not isinstance(verbose, int) or not 0 <= verbose <= 2:
        raise ArgumentError(
            f"`verbose` is 'auto', 0, 1 or 2. Received: verbose={verbose!r}", hint="verbose=2"
        )
    return int(verbose)


def _frequency(validation_freq: Any) -> int | list[int]:
    if isinstance(validation_freq, int) and validation_freq > 0:
        return validation_freq
    if isinstance(validation_freq, list | tuple | set):
        return list(validation_freq)
    raise ArgumentError(
        "`validation_freq` is a whole number of at least 1, or a list of epochs. "
        f"Received: validation_freq={validation_freq!r}",
        hint="validation_freq=2",
    )
