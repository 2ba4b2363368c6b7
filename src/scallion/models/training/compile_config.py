"""The arguments of `compile`: optimizer, losses and metrics, resolved when the first data comes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scallion import losses, metrics, optimizers
from scallion.engine import Objective
from scallion.errors import ArgumentError, StateError
from scallion.graph.graph import names_of
from scallion.layers.base.tensor import Tensor
from scallion.losses import Loss, derived
from scallion.metrics import MeanMetricWrapper, Metric
from scallion.models.training.epoch_metrics import EpochMetrics, TrackedMetric
from scallion.models.training.targets import as_target, per_output

# Losses whose meaning depends on the shape of the labels.
_RESOLVED_BY_SHAPE = ("crossentropy", "ce")


class CompileConfig:
    """Checked arguments of `compile`.

    The first labels decide which loss `crossentropy` and which metric `accuracy` mean:
    `resolved_losses` and `epoch_metrics` are None until then.
    """

    def __init__(
        self,
        optimizer: Any,
        loss: Any,
        loss_weights: Any,
        metrics_: Any,
        weighted_metrics: Any,
        output_names: Sequence[str],
    ) -> None:
        self.optimizer = optimizers.get(optimizer)
        self.losses = _per_output(loss, output_names, "loss")
        self.loss_weights = _loss_weights(loss_weights, output_names)
        self.metrics = _metric_lists(metrics_, output_names, "metrics")
        self.weighted_metrics = _metric_lists(weighted_metrics, output_names, "weighted_metrics")
        self.resolved_losses: tuple[Loss, ...] | None = None
        self.epoch_metrics: EpochMetrics | None = None
        self._losses_checked = False
        self._label_shapes: list[tuple[int, ...]] = []
        for identifier in self.losses:
            if not (isinstance(identifier, str) and identifier.lower() in _RESOLVED_BY_SHAPE):
                losses.get(identifier)
        for identifiers in (*self.metrics, *self.weighted_metrics):
            for identifier in identifiers:
                metrics.resolve(identifier, (None,), (None, 2))

    def targets(self, y: Any, outputs: Sequence[Tensor]) -> tuple[np.ndarray, ...]:
        """Return one array of targets per output: int64 classes, or float32 shaped as the output.

        Resolves the losses at the first call. Raises DataError for labels that do not fit.
        """
        if self.resolved_losses is None:
            self.resolved_losses = self._resolve_losses(y, outputs)
        self._label_shapes = [np.shape(labels)[1:] for labels in per_output(y, outputs)]
        targets = tuple(
            as_target(labels, tensor, loss)
            for labels, tensor, loss in zip(
                per_output(y, outputs), outputs, self.resolved_losses, strict=True
            )
        )
        if not self._losses_checked:
            for loss, target, tensor in zip(self.resolved_losses, targets, outputs, strict=True):
                if loss.has_derived_gradient:
                    derived.check(loss, target[:2], tensor.image_shape)
            self._losses_checked = True
        return targets

    def _resolve_losses(self, y: Any, outputs: Sequence[Tensor]) -> tuple[Loss, ...]:
        found: list[Loss] = []
        for identifier, labels, tensor in zip(
            self.losses, per_output(y, outputs), outputs, strict=True
        ):
            loss = losses.resolve(identifier, np.shape(labels), tensor.shape)  # type: ignore[arg-type]
            if loss is None:
                raise StateError(
                    f"there is no loss for the output {tensor.name!r}",
                    hint='compile(loss="sparse_categorical_crossentropy")',
                )
            found.append(loss)
        return tuple(found)

    def resolve_metrics(self, targets: Sequence[np.ndarray], outputs: Sequence[Tensor]) -> None:
        """Create `epoch_metrics` from the shapes of the first targets."""
        if self.epoch_metrics is not None:
            return
        names = names_of(outputs)
        tracked: list[TrackedMetric] = []
        used: dict[str, int] = {}
        for metric_lists, is_weighted in ((self.metrics, False), (self.weighted_metrics, True)):
            for index, identifiers in enumerate(metric_lists):
                prefix = f"{names[index]}_" if len(outputs) > 1 else ""
                for identifier in identifiers:
                    metric = metrics.resolve(identifier, targets[index].shape, outputs[index].shape)
                    name = _unique_log_name(prefix, metric.name, is_weighted, used)
                    shape = self._label_shapes[index] if _is_custom(metric) else None
                    tracked.append(TrackedMetric(name, metric, index, is_weighted, shape))
        loss_names = [f"{name}_loss" for name in names] if len(outputs) > 1 else []
        self.epoch_metrics = EpochMetrics(tuple(tracked), tuple(loss_names))

    def objective(self, resolved: tuple[Loss, ...]) -> Objective:
        """Return the objective that the engine minimizes."""
        return Objective(resolved, self.loss_weights, self.optimizer)

    def bound_objective(self) -> Objective:
        """Return the objective with the resolved losses. Raises StateError before any data."""
        if self.resolved_losses is None:
            raise StateError("no data has been seen yet", hint="call fit first")
        return self.objective(self.resolved_losses)

    def bound_metrics(self) -> EpochMetrics:
        """Return the running averages of losses and metrics. Raises StateError before any data."""
        if self.epoch_metrics is None:
            raise StateError("no data has been seen yet", hint="call fit or evaluate first")
        return self.epoch_metrics


def _unique_log_name(prefix: str, name: str, is_weighted: bool, used: dict[str, int]) -> str:
    """Return the metric's name in the logs, numbered as Keras does where names repeat."""
    key = prefix + name
    if is_weighted and key in used:
        key = f"{prefix}weighted_{name}"
    count = used.get(key, 0)
    used[key] = count + 1
    return f"{key}_{count}" if count else key


def _is_custom(metric: Metric) -> bool:
    """Return whether a metric is custom: such metrics get labels in their original shape."""
    kind = type(metric)
    return kind is MeanMetricWrapper or not kind.__module__.startswith("scallion.")


def _per_output(value: Any, names: Sequence[str], argument: str) -> list[Any]:
    """Return one entry per output from a single value, a list, or a dict by output name."""
    if isinstance(value, Mapping) and "class_name" not in value:
        _check_names(value, names, argument)
        return [value.get(name) for name in names]
    if isinstance(value, list | tuple):
        if len(value) != len(names):
            raise ArgumentError(
                f"the model has {len(names)} outputs: {', '.join(names)}. "
                f"Received: {len(value)} entries in {argument}",
                hint=f"give {argument} one entry per output",
            )
        return list(value)
    return [value] * len(names)


def _loss_weights(loss_weights: Any, names: Sequence[str]) -> tuple[float, ...]:
    if loss_weights is None:
        return (1.0,) * len(names)
    values = _per_output(loss_weights, names, "loss_weights")
    is_finite = [
        value is None or (isinstance(value, int | float | np.number) and np.isfinite(value))
        for value in values
    ]
    if not all(is_finite):
        raise ArgumentError(
            "`loss_weights` are finite numbers, one per output. "
            f"Received: loss_weights={loss_weights!r}",
            hint="loss_weights=[1.0, 0.5]",
        )
    return tuple(1.0 if value is None else float(value) for value in values)


def _metric_lists(given: Any, names: Sequence[str], argument: str) -> list[list[Any]]:
    """Return a list of metrics per output."""
    if given is None:
        return [[] for _ in names]
    if not isinstance(given, list | tuple | Mapping):
        raise ArgumentError(
            f"`{argument}` is a list. Received: {argument}={given!r}",
            hint=f"{argument}=[{given!r}]",
        )
    if isinstance(given, Mapping):
        _check_names(given, names, argument)
        return [_flatten(given.get(name)) for name in names]
    if len(names) == 1:
        return [_flatten(given)]
    if not given:
        return [[] for _ in names]
    if len(given) != len(names):
        raise ArgumentError(
            f"the model has {len(names)} outputs: {', '.join(names)}. "
            f"Received: {len(given)} entries in {argument}",
            hint=f'{argument}={{"{names[0]}": ["accuracy"]}}',
        )
    return [_flatten(entry) for entry in given]


def _flatten(entry: Any) -> list[Any]:
    if entry is None:
        return []
    if isinstance(entry, list | tuple):
        return [single for part in entry for single in _flatten(part)]
    return [entry]


def _check_names(given: Mapping[Any, Any], names: Sequence[str], argument: str) -> None:
    unknown = [key for key in given if key not in names]
    if unknown:
        raise ArgumentError(
            f"`{argument}` names an output that does not exist. Received: {unknown[0]!r}",
            hint=f"the outputs are {', '.join(names)}",
        )
