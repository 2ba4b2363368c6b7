"""The base class of optimizers: learning rate, state, gradient clipping, decay and averaging."""

import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, cast

import numpy as np

from scallion import schedules, session
from scallion.eager_array import EagerInt
from scallion.errors import ArgumentError, ArgumentTypeError, StateError, UnsupportedError
from scallion.layers.base.layer import Variable
from scallion.optimizers.learning_rate import LearningRate
from scallion.schedules import LearningRateSchedule

Rate = float | LearningRateSchedule | Callable[[], float]


class Optimizer:
    """The base of all optimizers, with the arguments that all optimizers of Keras share.

    `variables` are the weights that it updates. `slots` is its state: for each name a list of
    float32 arrays, one per variable, in the order of `variables`. They are updated in place.
    """

    interleaved_slots: ClassVar[tuple[str, ...]] = ()
    """Slots that Keras' files store variable by variable: m of the first, v of the first, ..."""

    def __init__(
        self,
        learning_rate: Rate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **unknown: Any,
    ) -> None:
        if unknown.pop("decay", None) is not None:
            warnings.warn(
                "Argument `decay` is no longer supported and will be ignored, as in Keras 3. "
                "For a rate that decays: learning_rate=ExponentialDecay(0.01, 1000, 0.9)",
                stacklevel=3,
            )
        if unknown:
            raise _unknown_argument(type(self), next(iter(unknown)))
        if loss_scale_factor is not None:
            raise UnsupportedError(
                "training is in float32, where a loss needs no scaling. "
                f"Received: loss_scale_factor={loss_scale_factor!r}",
                hint="leave out loss_scale_factor",
                field="loss_scale_factor",
                value=loss_scale_factor,
            )
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ArgumentError(
                "only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm!r}, clipvalue={clipvalue!r}, "
                f"global_clipnorm={global_clipnorm!r}",
                hint="keep global_clipnorm alone",
            )
        self.name = name or session.unique_name(session.snake_case(type(self).__name__))
        self.weight_decay = checked_number("weight_decay", weight_decay, optional=True)
        self.clipnorm = checked_number("clipnorm", clipnorm, optional=True)
        self.clipvalue = checked_number("clipvalue", clipvalue, optional=True)
        self.global_clipnorm = checked_number("global_clipnorm", global_clipnorm, optional=True)
        self.use_ema = bool(use_ema)
        self.ema_momentum = checked_number("ema_momentum", ema_momentum, most=1.0)
        self.ema_overwrite_frequency = _count("ema_overwrite_frequency", ema_overwrite_frequency, 1)
        self.gradient_accumulation_steps = _count(
            "gradient_accumulation_steps", gradient_accumulation_steps, 2
        )
        self._rate = _rate(require_float("learning_rate", learning_rate))
        self._no_decay: set[int] = set()
        self._no_decay_names: re.Pattern[str] | None = None
        self.batches_seen = 0
        self.built = False
        self.variables: list[Variable] = []
        self.slots: dict[str, list[np.ndarray]] = {}

    @property
    def learning_rate(self) -> LearningRate:
        """The learning rate of the next update."""
        if isinstance(self._rate, LearningRateSchedule):
            return LearningRate(float(self._rate(self.batches_seen)), self)
        return LearningRate(float(self._rate()) if callable(self._rate) else self._rate, self)

    @learning_rate.setter
    def learning_rate(self, rate: Rate) -> None:
        rate = float(rate) if isinstance(rate, LearningRate) else rate
        if isinstance(self._rate, LearningRateSchedule) and not callable(rate):
            raise ArgumentTypeError(
                "the learning rate follows a schedule, so it cannot be set to a number. "
                f"Received: learning_rate={rate!r}",
                hint="make the optimizer with a number, or set another schedule",
                field="learning_rate",
                value=rate,
            )
        self._rate = _rate(rate)

    @property
    def iterations(self) -> EagerInt:
        """The number of updates so far; with gradient accumulation, fewer than batches."""
        return EagerInt(self.batches_seen // (self.gradient_accumulation_steps or 1))

    @iterations.setter
    def iterations(self, count: int) -> None:
        self.batches_seen = int(count) * (self.gradient_accumulation_steps or 1)

    def count_params(self) -> int:
        """Return the size of the state: counter, learning rate unless scheduled, and slots."""
        rates = 0 if callable(self._rate) else 1
        return 1 + rates + sum(array.size for arrays in self.slots.values() for array in arrays)

    def _initial_slots(self) -> dict[str, float]:
        """Return the names of the method's own slots, and their initial values."""
        return {}

    def _all_initial_slots(self) -> dict[str, float]:
        slots = self._initial_slots()
        if self.use_ema:
            slots["average"] = 0.0
        if self.gradient_accumulation_steps:
            slots["gradient_accumulator"] = 0.0
        return slots

    @property
    def slot_count(self) -> int:
        """The number of state values per weight."""
        return len(self._all_initial_slots())

    def build(self, variables: Sequence[Variable]) -> None:
        """Create the state of these variables, keeping that of variables it already has."""
        if self.built and [id(v) for v in variables] == [id(v) for v in self.variables]:
            return
        index = {id(variable): i for i, variable in enumerate(self.variables)}
        old = self.slots
        self.slots = {
            slot: [
                old[slot][index[id(variable)]]
                if id(variable) in index
                else np.full(variable.shape, initial, np.float32)
                for variable in variables
            ]
            for slot, initial in self._all_initial_slots().items()
        }
        self.variables = list(variables)
        self.built = True

    def update(self, gradients: Sequence[np.ndarray]) -> None:
        """Update the variables in place, in NumPy: the reference for the native engine.

        `gradients` has one array per variable, in their order. Raises StateError for another
        number of gradients.
        """
        if len(gradients) != len(self.variables):
            raise StateError(
                f"{self.name} was built for {len(self.variables)} weights. "
                f"Received: {len(gradients)} gradients",
                hint="call build(trainable_weights) first",
            )
        given = [np.asarray(gradient, np.float32) for gradient in gradients]
        ready = self._accumulated(given) if self.gradient_accumulation_steps else given
        if ready is not None:
            rate = np.float32(self.learning_rate)
            ready = self._clipped(ready)
            self._decay(rate)
            for i, (variable, gradient) in enumerate(zip(self.variables, ready, strict=True)):
                slots = {name: arrays[i] for name, arrays in self.slots.items()}
                self._step(variable.value, gradient, slots, rate)
        if self.use_ema:
            self._average()
        self.batches_seen += 1

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        """Apply the method's formula to one weight array, in place."""
        raise NotImplementedError

    def _accumulated(self, gradients: list[np.ndarray]) -> list[np.ndarray] | None:
        """Return the mean gradients every `gradient_accumulation_steps` batches, else None."""
        steps = self.gradient_accumulation_steps or 1
        sums = self.slots["gradient_accumulator"]
        for total, gradient in zip(sums, gradients, strict=True):
            total += gradient
        if (self.batches_seen + 1) % steps:
            return None
        means = [total / np.float32(steps) for total in sums]
        for total in sums:
            total[...] = 0
        return means

    def _clipped(self, gradients: list[np.ndarray]) -> list[np.ndarray]:
        if self.clipnorm:
            limit = np.float32(self.clipnorm)
            return [g * limit / max(_norm([g]), limit) for g in gradients]
        if self.global_clipnorm:
            limit = np.float32(self.global_clipnorm)
            scale = limit / max(_norm(gradients), limit)
            return [g * scale for g in gradients]
        if self.clipvalue:
            return [np.clip(g, -self.clipvalue, self.clipvalue) for g in gradients]
        return gradients

    def exclude_from_weight_decay(
        self,
        var_list: Sequence[Variable] | None = None,
        var_names: Sequence[str] | None = None,
    ) -> None:
        """Exclude variables from weight decay, by themselves or by a part of their names.

        Raises StateError if the optimizer is already built.
        """
        if self.built:
            raise StateError(
                f"{self.name} has already started, so weight decay can no longer change",
                hint="call exclude_from_weight_decay right after making the optimizer",
            )
        self._no_decay = {id(variable) for variable in var_list or ()}
        self._no_decay_names = re.compile("|".join(set(var_names))) if var_names else None

    def decays(self, variable: Variable) -> bool:
        """Return whether weight decay applies to this variable."""
        if self.weight_decay is None or id(variable) in self._no_decay:
            return False
        return self._no_decay_names is None or not self._no_decay_names.search(variable.name)

    def _decay(self, rate: np.float32) -> None:
        for variable in self.variables:
            if self.decays(variable):
                variable.value[...] -= variable.value * np.float32(self.weight_decay) * rate

    def _average(self) -> None:
        momentum = np.float32(self.ema_momentum if self.iterations else 0.0)
        frequency = self.ema_overwrite_frequency
        for variable, average in zip(self.variables, self.slots["average"], strict=True):
            average[...] = momentum * average + (1 - momentum) * variable.value
            if frequency and (self.iterations + 1) % frequency == 0:
                variable.value[...] = average

    def finalize_variable_values(self, var_list: Sequence[Variable] | None = None) -> None:
        """Replace weights by their moving averages if `use_ema`, as `fit` does at its end."""
        if not self.use_ema:
            return
        wanted = None if var_list is None else {id(variable) for variable in var_list}
        for variable, average in zip(self.variables, self.slots["average"], strict=True):
            if wanted is None or id(variable) in wanted:
                variable.assign(average)

    def get_state(self) -> dict[str, Any]:
        """Return the state: batches seen, learning rate (None if scheduled) and slots."""
        rate = None if callable(self._rate) else self._rate
        return {"batches_seen": self.batches_seen, "learning_rate": rate, "slots": self.slots}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned, in place.

        Raises StateError for the state of another optimizer or of other weights.
        """
        given, known = state["slots"], self.slots
        shapes = {name: [np.shape(array) for array in arrays] for name, arrays in given.items()}
        if shapes != {name: [array.shape for array in arrays] for name, arrays in known.items()}:
            raise StateError(
                f"{self.name} cannot continue from the state of another optimizer or model. "
                f"Received: {', '.join(given) or 'no slots'}",
                hint="compile the model as it was, or start again",
            )
        for name, arrays in given.items():
            for array, value in zip(known[name], arrays, strict=True):
                array[...] = value
        self.batches_seen = int(state["batches_seen"])
        if state["learning_rate"] is not None and not callable(self._rate):
            self._rate = float(state["learning_rate"])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of an equal optimizer, named as in Keras."""
        rate = self._rate
        return {
            "name": self.name,
            "learning_rate": schedules.serialize(rate)
            if isinstance(rate, LearningRateSchedule)
            else float(np.float32(self.learning_rate)),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": None,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Create an optimizer from a config of `get_config`, without its state."""
        arguments = dict(config)
        if isinstance(arguments.get("learning_rate"), Mapping):
            arguments["learning_rate"] = schedules.deserialize(arguments["learning_rate"])
        return cls(**arguments)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, learning_rate={self.learning_rate:g}>"


def _unknown_argument(kind: type, argument: str) -> ArgumentError:
    hint = f"see help(scallion.optimizers.{kind.__name__})"
    return ArgumentError(
        f"{kind.__name__} has no such argument. Received: {argument}",
        hint="learning_rate=0.001" if argument == "lr" else hint,
        field=argument,
    )


def checked_number(
    name: str,
    value: Any,
    *,
    most: float = math.inf,
    below: float = math.inf,
    optional: bool = False,
) -> Any:
    """Return a number as a float, or None if `optional`.

    Raises ArgumentError if it is not finite, negative, above `most`, or not less than `below`.
    """
    if value is None and optional:
        return None
    if (
        not isinstance(value, int | float | np.number)
        or isinstance(value, bool)
        or not math.isfinite(value)
        or not 0 <= value <= most
        or not value < below
    ):
        limit = f" to {most:g}" if most < math.inf else f" to below {below:g}"
        raise ArgumentError(
            f"`{name}` must be a number from 0{limit if min(most, below) < math.inf else ''}. "
            f"Received: {name}={value!r}",
            hint=f"leave out {name}, or give a number",
            field=name,
            value=value,
        )
    return float(value)


def require_float(name: str, value: Any) -> Any:
    """Return the value. Raises ArgumentError for an integer, which Keras rejects here."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ArgumentError(
            f"`{name}` must be a float. Received: {name}={value!r}",
            hint=f"{name}={float(value)!r}",
            field=name,
            value=value,
        )
    return value


def _count(name: str, value: int | None, least: int) -> int | None:
    if not value:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ArgumentError(
            f"`{name}` must be an integer of at least {least}, or None. Received: {name}={value!r}",
            hint=f"{name}={least}",
            field=name,
            value=value,
        )
    return value


def _rate(rate: Any) -> Rate:
    if callable(rate) or isinstance(rate, LearningRateSchedule):
        return cast("Rate", rate)
    if isinstance(rate, Mapping):
        return schedules.deserialize(rate)
    return checked_number("learning_rate", rate)


def _norm(arrays: Sequence[np.ndarray]) -> np.float32:
    squares = [np.square(array, dtype=np.float32).sum() for array in arrays]
    return np.sqrt(np.sum(squares, dtype=np.float32))
