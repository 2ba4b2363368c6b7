"""`compile`, `fit`, `evaluate` and `predict`: the half of a model that trains and predicts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion import engine as engines
from scallion import session
from scallion.callbacks import CallbackList, History
from scallion.engine import Engine, IndexedBatch, StepResult
from scallion.errors import StateError
from scallion.graph import Graph
from scallion.graph.graph import like_given, names_of
from scallion.graph.nested_models import flatten_nested
from scallion.models.training.compile_config import CompileConfig
from scallion.models.training.data_adapter import (
    DataAdapter,
    ValidationArguments,
    prediction_source,
)
from scallion.models.training.finite_checks import (
    require_finite_evaluation,
    require_finite_outputs,
    require_finite_weights,
)
from scallion.models.training.fit_arguments import (
    check_counts,
    check_shuffle,
    check_validation_freq,
    check_verbose,
)
from scallion.models.training.inputs import as_inputs
from scallion.models.training.mistake_warnings import MistakeWarnings
from scallion.models.training.training_loop import (
    EpochRange,
    TrainingLoop,
    run_evaluation,
    run_prediction,
)
from scallion.optimizers import Optimizer


class Trainer:
    """Base class of models with everything that needs no knowledge of layers."""

    graph: Graph
    name: str

    def __init__(self) -> None:
        self.compiled = False
        self.stop_training = False
        self.stop_evaluating = False
        self.stop_predicting = False
        self.history: History | None = None
        self.loss: Any = None
        self.seed = 0
        self._mistakes = MistakeWarnings()
        self._engine_name = "auto"
        self._config: CompileConfig | None = None
        self._compile_arguments: dict[str, Any] = {}
        self._training_loop: TrainingLoop | None = None
        self._reset_engines()

    def _reset_engines(self) -> None:
        # Engines with the graph and the trainable layers that they were made for.
        self._trainer_engine: tuple[object, Engine] | None = None
        self._predictor_engine: tuple[object, Engine] | None = None

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
        """Set optimizer, loss and metrics, by name or as objects.

        With several outputs, loss and metrics are a list or a dict by output name. `engine` is
        `auto`, `native` (compiled) or `reference` (NumPy, slow): see `scallion.engine.resolve`. The
        four arguments before it are accepted for Keras and change nothing.
        Raises UnknownNameError, UnsupportedError for a custom loss, ArgumentError, and EngineError
        for an engine that cannot run here.
        """
        if engine != "auto":
            engines.resolve(engine)
        self._config = CompileConfig(
            optimizer, loss, loss_weights, metrics, weighted_metrics, self._output_keys()
        )
        self._compile_arguments = {
            "optimizer": self._config.optimizer,
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
        """The names of the layers that produce the outputs."""
        return [tensor.name for tensor in self.graph.outputs]

    def _output_keys(self) -> list[str]:
        """Return the names of outputs in `compile`, `fit` and the logs."""
        return names_of(self.graph.outputs)

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that `compile` was given. Raises StateError before `compile`."""
        return self._require_config("optimizer").optimizer

    @property
    def metrics(self) -> list[Any]:
        """The metrics of `compile`; empty until the first data decides what `accuracy` means."""
        tracked = None if self._config is None else self._config.epoch_metrics
        return [] if tracked is None else [entry.metric for entry in tracked.tracked]

    @property
    def metrics_names(self) -> list[str]:
        """The names as Keras lists them: `loss`, and `compile_metrics` where there are any."""
        has_metrics = any(self._compile_arguments.get(k) for k in ("metrics", "weighted_metrics"))
        return ["loss", *(["compile_metrics"] if has_metrics else [])] if self.compiled else []

    def _require_config(self, needed_for: str) -> CompileConfig:
        if self._config is None:
            raise StateError(
                f"model {self.name!r} is not compiled, so it has no optimizer and no loss. "
                f"Needed for: {needed_for}",
                hint=f"{needed_for} after model.compile('adam', 'sparse_categorical_crossentropy')",
            )
        return self._config

    def fit(  # over 60 lines: Keras has 16 arguments
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
        """Train on images `x` (n, ...) and labels `y`; return the History.

        `x` is an array of any numeric type, a list or dict of arrays for several inputs, or a
        stream of batches; `y` holds class indices (n,) or (n, 1), or one-hot rows (n, classes).
        `batch_size` is 32 unless given. `validation_split` keeps the last part for validation.
        Raises StateError before `compile`, DataError for data that does not fit, TrainingError
        when the loss, or a weight at the end of an epoch, becomes NaN or infinite.
        """
        config = self._require_config("fit")
        batch_size = check_counts(
            batch_size=batch_size,
            steps=steps_per_epoch,
            epochs=epochs,
            initial_epoch=initial_epoch,
        )
        require_finite_weights(self, "cannot be trained")
        source, validation = DataAdapter(self.graph_for, config).fit_sources(
            x,
            y,
            sample_weight,
            class_weight,
            batch_size=batch_size,
            steps=steps_per_epoch,
            shuffle=check_shuffle(shuffle),
            validation=ValidationArguments(
                validation_data,
                validation_split,
                validation_batch_size or batch_size,
                validation_steps,
            ),
        )
        self._mistakes.check_fit(
            self.graph,
            config.resolved_losses or (),
            source,
            validation,
            is_split=bool(validation_split) and validation_data is None,
            class_weight=class_weight,
            shuffle=bool(shuffle),
        )
        epoch_range = EpochRange(initial_epoch, epochs, check_validation_freq(validation_freq))
        callback_list = CallbackList(
            callbacks,
            model=self,
            add_history=True,
            verbose=check_verbose(verbose),
            epochs=epochs,
            steps=source.count,
        )
        self.stop_training = False
        engine, metrics = self._training_engine(), config.bound_metrics()
        self._training_loop = TrainingLoop(
            self, engine, source, validation, metrics, epoch_range, callback_list
        )
        try:
            with callback_list.newline_on_error():
                self._training_loop.run()
        finally:
            self._training_loop = None
        return callback_list.history  # type: ignore[return-value]

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
        """Return the loss and metrics on images and labels: a float, a list, or a dict by name.

        Raises StateError before `compile` and for weights that are NaN or infinite, DataError for
        data that does not fit.
        """
        config = self._require_config("evaluate")
        batch_size = check_counts(batch_size=batch_size, steps=steps)
        source = DataAdapter(self.graph_for, config).source(
            x, y, sample_weight, batch_size=batch_size, steps=steps
        )
        self._mistakes.check_evaluation(self.graph, config.resolved_losses or (), source)
        callback_list = CallbackList(
            callbacks, model=self, verbose=check_verbose(verbose), steps=source.count
        )
        engine, metrics = self._training_engine(), config.bound_metrics()
        with callback_list.newline_on_error():
            logs = run_evaluation(self, engine, source, metrics, callback_list)
            require_finite_evaluation(self, logs["loss"])
        return logs if return_dict else metrics.in_keras_order(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Return the outputs for all images: float32 (n, ...), a list or dict of it for several.

        Works without `compile`. Raises DataError for images that do not fit, StateError for
        weights that are NaN or infinite: an answer is always finite.
        """
        batch_size = check_counts(batch_size=batch_size, steps=steps)
        source = prediction_source(
            x,
            self.graph.inputs,
            batch_size=batch_size,
            steps=steps,
            on_images=self._mistakes.check_images,
        )
        self._mistakes.check_prediction(x)
        callback_list = CallbackList(
            callbacks, model=self, verbose=check_verbose(verbose), steps=source.count
        )
        with callback_list.newline_on_error():
            outputs = run_prediction(self, self._prediction_engine(), source, callback_list)
        return like_given(self.graph.outputs, outputs)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """Train one step; return the loss and metrics from before the update."""
        config = self._require_config("train_on_batch")
        data = DataAdapter(self.graph_for, config).arrays(x, y, sample_weight, class_weight)
        engine, batch = self._training_engine(), data.as_batch()
        result = engine.train(batch, seed=self.seed, step=self.optimizer.batches_seen)
        return _batch_logs(config, batch, result, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | dict[str, float]:
        """Return the loss and metrics on one batch, without training."""
        config = self._require_config("test_on_batch")
        batch = DataAdapter(self.graph_for, config).arrays(x, y, sample_weight).as_batch()
        self._mistakes.check_images(batch.inputs[0])
        return _batch_logs(config, batch, self._training_engine().test(batch), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch: float32 (n, ...), a list of it for several outputs."""
        images = as_inputs(x, self.graph.inputs, finite=False)
        self._mistakes.check_images(images[0])
        indices = np.arange(len(images[0]))
        outputs = self._prediction_engine().predict(images, indices)
        require_finite_outputs(self, outputs, indices)
        return like_given(self.graph.outputs, outputs)

    def reset_metrics(self) -> None:
        """Reset the running averages of losses and metrics."""
        if self._config is not None and self._config.epoch_metrics is not None:
            self._config.epoch_metrics.reset()

    def get_metrics_result(self) -> dict[str, Any]:
        """Return the loss and metrics over all batches since the last reset."""
        return self._require_config("get_metrics_result").bound_metrics().logs()

    @property
    def training_loop(self) -> TrainingLoop:
        """The running `fit`, whose state callbacks can save and restore. Raises StateError."""
        if self._training_loop is None:
            raise StateError(
                f"model {self.name!r} is not training",
                hint="use it in a callback, while fit runs",
            )
        return self._training_loop

    def graph_for(self, x: Any) -> Graph:
        """Return the graph; a Sequential without Input builds it from the first images' shape."""
        return self.graph

    def _training_engine(self) -> Engine:
        """Return the engine for the loss, made again where layers were frozen or added since."""
        config = self._require_config("fit")
        graph = flatten_nested(self.graph)
        key = (self.graph, *(layer.trainable for layer in graph.layers))
        if self._trainer_engine is None or self._trainer_engine[0] != key:
            # The engine first: it checks that there is memory for everything.
            engine = engines.create(graph, config.bound_objective(), self._engine_name)
            config.optimizer.build(self.graph.trainable_weights)
            self._trainer_engine = key, engine
        return self._trainer_engine[1]

    def _prediction_engine(self) -> Engine:
        """Return the engine without a loss, made again where layers were added since."""
        if self._predictor_engine is None or self._predictor_engine[0] is not self.graph:
            engine = engines.create(flatten_nested(self.graph), engine=self._engine_name)
            self._predictor_engine = self.graph, engine
        return self._predictor_engine[1]


def _batch_logs(
    config: CompileConfig, batch: IndexedBatch, result: StepResult, return_dict: bool
) -> Any:
    """Return the losses and metrics of one batch, as `train_on_batch` does."""
    metrics = config.bound_metrics()
    metrics.reset()
    metrics.update(batch, result)
    logs = metrics.logs()
    return logs if return_dict else metrics.in_keras_order(logs)
