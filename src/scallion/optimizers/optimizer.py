"""What all optimizers share: the learning rate, their state, and what may be done to gradients."""

import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, cast

import numpy as np

from scallion import schedules, session
from scallion.errors import ArgumentError, ArgumentTypeError, StateError, UnsupportedError
from scallion.layers.layer import Variable
from scallion.schedules import LearningRateSchedule

Rate = float | LearningRateSchedule | Callable[[], float]


class Optimizer:
    """The base of all optimizers, with the arguments that all of Keras' share.

    `variables` are the arrays that it changes; `slots` holds what it remembers: for each name one
    float32 array a variable, in the order of `variables`. These arrays never move.
    """

    paired: ClassVar[tuple[str, ...]] = ()
    """Slots that Keras' files hold side by side, variable by variable."""

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
                "A rate that falls: learning_rate=ExponentialDecay(0.01, 1000, 0.9)",
                stacklevel=3,
            )
        if unknown:
            raise _unknown_argument(type(self), next(iter(unknown)))
        if loss_scale_factor is not None:
            raise UnsupportedError(
                "training is in float32, where a loss needs no scale. "
                f"Received: loss_scale_factor={loss_scale_factor!r}",
                hint="leave out loss_scale_factor",
            )
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ArgumentError(
                "only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm!r}, clipvalue={clipvalue!r}, "
                f"global_clipnorm={global_clipnorm!r}",
                hint="keep global_clipnorm alone",
            )
        self.name = name or session.unique_name(session.snake_case(type(self).__name__))
        self.weight_decay = number("weight_decay", weight_decay, optional=True)
        self.clipnorm = number("clipnorm", clipnorm, optional=True)
        self.clipvalue = number("clipvalue", clipvalue, optional=True)
        self.global_clipnorm = number("global_clipnorm", global_clipnorm, optional=True)
        self.use_ema = bool(use_ema)
        self.ema_momentum = number("ema_momentum", ema_momentum, most=1.0)
        self.ema_overwrite_frequency = _count("ema_overwrite_frequency", ema_overwrite_frequency, 1)
        self.gradient_accumulation_steps = _count(
            "gradient_accumulation_steps", gradient_accumulation_steps, 2
        )
        self._rate = _rate(whole_refused("learning_rate", learning_rate))
        self._spared: set[int] = set()
        self._spared_names: re.Pattern[str] | None = None
        self.batches_seen = 0
        self.built = False
        self.variables: list[Variable] = []
        self.slots: dict[str, list[np.ndarray]] = {}

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        if isinstance(self._rate, LearningRateSchedule):
            return float(self._rate(self.batches_seen))
        return float(self._rate()) if callable(self._rate) else self._rate

    @learning_rate.setter
    def learning_rate(self, rate: Rate) -> None:
        if isinstance(self._rate, LearningRateSchedule) and not callable(rate):
            raise ArgumentTypeError(
                "the learning rate follows a schedule, so it cannot be set to a number. "
                f"Received: learning_rate={rate!r}",
                hint="make the optimizer with a number, or set another schedule",
            )
        self._rate = _rate(rate)

    @property
    def iterations(self) -> int:
        """How many updates were made; with gradient accumulation fewer than batches seen."""
        return self.batches_seen // (self.gradient_accumulation_steps or 1)

    @iterations.setter
    def iterations(self, count: int) -> None:
        self.batches_seen = int(count) * (self.gradient_accumulation_steps or 1)

    @property
    def is_plain(self) -> bool:
        """Whether an update is the method's formula and nothing else: no decay, clip or average."""
        extras = (self.weight_decay, self.clipnorm, self.clipvalue, self.global_clipnorm)
        return (
            all(extra is None for extra in extras)
            and not self.use_ema
            and self.gradient_accumulation_steps is None
        )

    def count_params(self) -> int:
        """How many numbers it holds: counter, rate unless it follows a schedule, and slots."""
        rates = 0 if callable(self._rate) else 1
        return 1 + rates + sum(array.size for arrays in self.slots.values() for array in arrays)

    def _fillings(self) -> dict[str, float]:
        """The method's own slots, with the number that they start as."""
        return {}

    def _all_fillings(self) -> dict[str, float]:
        fillings = self._fillings()
        if self.use_ema:
            fillings["average"] = 0.0
        if self.gradient_accumulation_steps:
            fillings["gradient_accumulator"] = 0.0
        return fillings

    @property
    def slot_count(self) -> int:
        """How many numbers are kept for each weight."""
        return len(self._all_fillings())

    def build(self, variables: Sequence[Variable]) -> None:
        """Lay out the state for these variables. What it knows of any of them already, it keeps."""
        if self.built and [id(v) for v in variables] == [id(v) for v in self.variables]:
            return
        known = {id(variable): place for place, variable in enumerate(self.variables)}
        held = self.slots
        self.slots = {
            slot: [
                held[slot][known[id(variable)]]
                if id(variable) in known
                else np.full(variable.shape, filling, np.float32)
                for variable in variables
            ]
            for slot, filling in self._all_fillings().items()
        }
        self.variables = list(variables)
        self.built = True

    def update(self, gradients: Sequence[np.ndarray]) -> None:
        """One step in NumPy, in place: the definition that the native engine is held against."""
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
            for place, (variable, gradient) in enumerate(zip(self.variables, ready, strict=True)):
                slots = {name: arrays[place] for name, arrays in self.slots.items()}
                self._step(variable.value, gradient, slots, rate)
        if self.use_ema:
            self._average()
        self.batches_seen += 1

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        """The method's formula for one array, in place."""
        raise NotImplementedError

    def _accumulated(self, gradients: list[np.ndarray]) -> list[np.ndarray] | None:
        """The mean gradient of the last batches when its time has come, else None."""
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
        """Spare these arrays from weight decay, or those whose names contain one of these words.

        Raises StateError once the optimizer is built.
        """
        if self.built:
            raise StateError(
                f"{self.name} has already begun, so what decays is settled",
                hint="call exclude_from_weight_decay right after making the optimizer",
            )
        self._spared = {id(variable) for variable in var_list or ()}
        self._spared_names = re.compile("|".join(set(var_names))) if var_names else None

    def decays(self, variable: Variable) -> bool:
        """Whether weight decay shrinks this array."""
        if self.weight_decay is None or id(variable) in self._spared:
            return False
        return self._spared_names is None or not self._spared_names.search(variable.name)

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
        """Where averages are kept, put them into the weights, as `fit` does at its end."""
        if not self.use_ema:
            return
        wanted = None if var_list is None else {id(variable) for variable in var_list}
        for variable, average in zip(self.variables, self.slots["average"], strict=True):
            if wanted is None or id(variable) in wanted:
                variable.assign(average)

    def get_state(self) -> dict[str, Any]:
        """What it remembers: the count of batches, the rate unless a schedule has it, the slots."""
        rate = None if callable(self._rate) else self._rate
        return {"batches_seen": self.batches_seen, "rate": rate, "slots": self.slots}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `get_state` gave, in arrays that stay where they are.

        Raises StateError for the state of another optimizer or other weights.
        """
        given, known = state["slots"], self.slots
        shapes = {name: [np.shape(array) for array in arrays] for name, arrays in given.items()}
        if shapes != {name: [array.shape for array in arrays] for name, arrays in known.items()}:
            raise StateError(
                f"{self.name} cannot go on from the state of another optimizer or other weights. "
                f"Received: {', '.join(given) or 'no slots'}",
                hint="compile the model as it was, or begin anew",
            )
        for name, arrays in given.items():
            for array, value in zip(known[name], arrays, strict=True):
                array[...] = value
        self.batches_seen = int(state["batches_seen"])
        if state["rate"] is not None and not callable(self._rate):
            self._rate = float(state["rate"])

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer, as Keras names them."""
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
        """An equal optimizer, without the state."""
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
    )


def number(
    name: str,
    value: Any,
    *,
    most: float = math.inf,
    below: float = math.inf,
    optional: bool = False,
) -> Any:
    """A finite number from 0 to `most` and below `below`; None where that is allowed."""
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
            f"`{name}` is a number from 0{limit if min(most, below) < math.inf else ''}. "
            f"Received: {name}={value!r}",
            hint=f"leave out {name}, or give a number",
        )
    return float(value)


def whole_refused(name: str, value: Any) -> Any:
    """The value, unless it is a whole number, which Keras refuses here."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ArgumentError(
            f"`{name}` is a float. Received: {name}={value!r}", hint=f"{name}={float(value)!r}"
        )
    return value


def _count(name: str, value: int | None, least: int) -> int | None:
    if not value:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ArgumentError(
            f"`{name}` is a whole number of at least {least}, or None. Received: {name}={value!r}",
            hint=f"{name}={least}",
        )
    return value


def _rate(rate: Any) -> Rate:
    if callable(rate) or isinstance(rate, LearningRateSchedule):
        return cast("Rate", rate)
    if isinstance(rate, Mapping):
        return schedules.deserialize(rate)
    return number("learning_rate", rate)


def _norm(arrays: Sequence[np.ndarray]) -> np.float32:
    squares = [np.square(array, dtype=np.float32).sum() for array in arrays]
    return np.sqrt(np.sum(squares, dtype=np.float32))
