"""What `compile` decided: a loss and metrics for each output, and the optimizer."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scallion import losses, metrics, optimizers
from scallion.engine import Objective
from scallion.errors import ArgumentError, StateError
from scallion.layers.tensor import Tensor
from scallion.losses import Loss
from scallion.models.epoch_metrics import EpochMetrics, TrackedMetric
from scallion.models.targets import per_output

_BY_SHAPE = ("crossentropy", "ce")


class CompileConfig:
    """The arguments of `compile`, checked; bound to the shapes of targets by the first data."""

    def __init__(
        self,
        optimizer: Any,
        loss: Any,
        loss_weights: Any,
        measures: Any,
        weighted: Any,
        names: Sequence[str],
    ) -> None:
        self.optimizer = optimizers.get(optimizer)
        self.losses = _each(loss, names, "loss")
        self.loss_weights = _weights(loss_weights, names)
        self.measures = _groups(measures, names, "metrics")
        self.weighted = _groups(weighted, names, "weighted_metrics")
        for identifier in self.losses:
            if not (isinstance(identifier, str) and identifier.lower() in _BY_SHAPE):
                losses.get(identifier)
        for group in (*self.measures, *self.weighted):
            for identifier in group:
                metrics.resolve(identifier, (None,), (None, 2))

    def resolve_losses(self, y: Any, outputs: Sequence[Tensor]) -> tuple[Loss, ...]:
        """A loss for each output; `crossentropy` is decided by the shape of the labels."""
        given = per_output(y, outputs)
        found: list[Loss] = []
        for identifier, target, tensor in zip(self.losses, given, outputs, strict=True):
            loss = losses.resolve(identifier, np.shape(target), tensor.shape)  # type: ignore[arg-type]
            if loss is None:
                raise StateError(
                    f"there is no loss for the output {tensor.name!r}",
                    hint='compile(loss="sparse_categorical_crossentropy")',
                )
            found.append(loss)
        return tuple(found)

    def objective(self, resolved: tuple[Loss, ...]) -> Objective:
        """What the engine minimises."""
        return Objective(resolved, self.loss_weights, self.optimizer)

    def epoch_metrics(
        self, targets: Sequence[np.ndarray], outputs: Sequence[Tensor]
    ) -> EpochMetrics:
        """The running means of an epoch: `accuracy` is decided by the shape of the labels."""
        measures: list[TrackedMetric] = []
        used: dict[str, int] = {}
        for groups, is_weighted in ((self.measures, False), (self.weighted, True)):
            for place, group in enumerate(groups):
                prefix = f"{outputs[place].name}_" if len(outputs) > 1 else ""
                for identifier in group:
                    metric = metrics.resolve(identifier, targets[place].shape, outputs[place].shape)
                    key = _free_key(prefix, metric.name, is_weighted, used)
                    measures.append(TrackedMetric(key, metric, place, is_weighted))
        names = [f"{tensor.name}_loss" for tensor in outputs] if len(outputs) > 1 else []
        return EpochMetrics(tuple(measures), tuple(names))


def _free_key(prefix: str, name: str, is_weighted: bool, used: dict[str, int]) -> str:
    """The name in the logs, as Keras keeps equal ones apart."""
    key = prefix + name
    if is_weighted and key in used:
        key = f"{prefix}weighted_{name}"
    count = used.get(key, 0)
    used[key] = count + 1
    return f"{key}_{count}" if count else key


def _each(value: Any, names: Sequence[str], what: str) -> list[Any]:
    """One entry an output from one for all, a list or a dict by name."""
    if isinstance(value, Mapping) and "class_name" not in value:
        _check_keys(value, names, what)
        return [value.get(name) for name in names]
    if isinstance(value, list | tuple):
        if len(value) != len(names):
            raise ArgumentError(
                f"the model has {len(names)} outputs: {', '.join(names)}. "
                f"Received: {len(value)} entries in {what}",
                hint=f"give {what} one entry an output",
            )
        return list(value)
    return [value] * len(names)


def _weights(loss_weights: Any, names: Sequence[str]) -> tuple[float, ...]:
    if loss_weights is None:
        return (1.0,) * len(names)
    values = _each(loss_weights, names, "loss_weights")
    if not all(isinstance(v, int | float | np.number) or v is None for v in values):
        raise ArgumentError(
            f"`loss_weights` are numbers, one an output. Received: loss_weights={loss_weights!r}",
            hint="loss_weights=[1.0, 0.5]",
        )
    return tuple(1.0 if value is None else float(value) for value in values)


def _groups(given: Any, names: Sequence[str], what: str) -> list[list[Any]]:
    """The metrics of each output, in lists."""
    if given is None:
        return [[] for _ in names]
    if not isinstance(given, list | tuple | Mapping):
        raise ArgumentError(
            f"`{what}` is a list. Received: {what}={given!r}", hint=f"{what}=[{given!r}]"
        )
    if isinstance(given, Mapping):
        _check_keys(given, names, what)
        return [_flat(given.get(name)) for name in names]
    if len(names) == 1:
        return [_flat(given)]
    if not given:
        return [[] for _ in names]
    if len(given) != len(names):
        raise ArgumentError(
            f"the model has {len(names)} outputs: {', '.join(names)}. "
            f"Received: {len(given)} entries in {what}",
            hint=f'{what}={{"{names[0]}": ["accuracy"]}}',
        )
    return [_flat(entry) for entry in given]


def _flat(entry: Any) -> list[Any]:
    if entry is None:
        return []
    if isinstance(entry, list | tuple):
        return [single for part in entry for single in _flat(part)]
    return [entry]


def _check_keys(given: Mapping[Any, Any], names: Sequence[str], what: str) -> None:
    unknown = [key for key in given if key not in names]
    if unknown:
        raise ArgumentError(
            f"`{what}` names an output that is not there. Received: {unknown[0]!r}",
            hint=f"the outputs are {', '.join(names)}",
        )
