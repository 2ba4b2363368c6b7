"""Learning rate schedules: the rate as a function of updates done, with Keras' formulas."""

from collections.abc import Mapping, Sequence
from math import ceil, cos, floor, pi
from typing import Any

from scallion.class_registry import serialize_object
from scallion.errors import ArgumentError, UnknownNameError


class LearningRateSchedule:
    """The base of all schedules."""

    def __call__(self, step: int) -> float:
        """Return the learning rate after `step` updates."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of an equal schedule, named as in Keras."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "LearningRateSchedule":
        """Create a schedule from a config of `get_config`."""
        return cls(**config)


class _Decay(LearningRateSchedule):
    """The arguments that `ExponentialDecay` and `InverseTimeDecay` share."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool,
        name: str,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def _periods(self, step: int) -> float:
        """Return the periods of `decay_steps` passed, rounded down for a staircase."""
        periods = step / self.decay_steps
        return floor(periods) if self.staircase else periods

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class ExponentialDecay(_Decay):
    """initial * decay_rate ** (step / decay_steps); `staircase` rounds the exponent down.

    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5, staircase=True)(25)
    0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step: int) -> float:
        return self.initial_learning_rate * self.decay_rate ** self._periods(step)


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to and including step boundaries[0], then values[1], and so on.

    >>> rate = PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])
    >>> rate(100), rate(101), rate(201)
    (0.1, 0.01, 0.001)
    """

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"
    ) -> None:
        if len(boundaries) != len(values) - 1 or not boundaries:
            raise ArgumentError(
                "`values` must have one more element than `boundaries`, which has at least one. "
                f"Received: {len(boundaries)} boundaries and {len(values)} values",
                hint="PiecewiseConstantDecay([100, 200], [0.1, 0.01, 0.001])",
                field="values",
                value=values,
            )
        self.boundaries = list(boundaries)
        self.values = list(values)
        self.name = name

    def __call__(self, step: int) -> float:
        passed = sum(step > int(boundary) for boundary in self.boundaries)
        return float(self.values[passed])

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}


class PolynomialDecay(LearningRateSchedule):
    """Decay to `end_learning_rate` in `decay_steps`, as (1 - step / decay_steps) ** power.

    After the end, `cycle` lengthens `decay_steps` to its next multiple.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: int) -> float:
        total: float = self.decay_steps
        if self.cycle:
            total *= ceil(step / total) if step else 1
        fraction = min(step, total) / total
        return (self.initial_learning_rate - self.end_learning_rate) * (
            1 - fraction
        ) ** self.power + self.end_learning_rate

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }


class CosineDecay(LearningRateSchedule):
    """Cosine decay from the initial rate to `alpha` times it, in `decay_steps`.

    With `warmup_target`, the rate first rises linearly to the target in `warmup_steps`, and decays
    from there (Loshchilov, Hutter 2016; Goyal et al. 2017).
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = _positive(decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: int) -> float:
        if self.warmup_target is None:
            return self._decayed(step, self.initial_learning_rate)
        if step < self.warmup_steps:
            rise = self.warmup_target - self.initial_learning_rate
            return rise * (step / self.warmup_steps) + self.initial_learning_rate
        return self._decayed(step - self.warmup_steps, self.warmup_target)

    def _decayed(self, step: int, start: float) -> float:
        cosine = 0.5 * (1 + cos(pi * min(step, self.decay_steps) / self.decay_steps))
        return start * ((1 - self.alpha) * cosine + self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decay with warm restarts: SGDR (Loshchilov, Hutter 2016).

    The first period takes `first_decay_steps`. Each following one is `t_mul` times as long and
    starts at `m_mul` times the rate. All end at `alpha` times the initial rate.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = _positive(first_decay_steps, "first_decay_steps")
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: int) -> float:
        length, height, start = float(self.first_decay_steps), 1.0, 0.0
        while step >= start + length:
            start += length
            length *= self.t_mul
            height *= self.m_mul
        cosine = 0.5 * height * (1 + cos(pi * (step - start) / length))
        return self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self.t_mul,
            "m_mul": self.m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }


class InverseTimeDecay(_Decay):
    """initial / (1 + decay_rate * step / decay_steps); `staircase` rounds the quotient down.

    >>> InverseTimeDecay(0.1, decay_steps=10, decay_rate=1.0)(30)
    0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step: int) -> float:
        return self.initial_learning_rate / (1 + self.decay_rate * self._periods(step))


_BY_NAME: dict[str, type[LearningRateSchedule]] = {
    kind.__name__: kind
    for kind in (
        CosineDecay,
        CosineDecayRestarts,
        ExponentialDecay,
        InverseTimeDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
    )
}


def serialize(schedule: LearningRateSchedule) -> dict[str, Any]:
    """Return the schedule as Keras writes it into an optimizer's config."""
    return serialize_object("keras.optimizers.schedules", schedule)


def deserialize(config: Mapping[str, Any]) -> LearningRateSchedule:
    """Return the schedule that `serialize` wrote. Raises UnknownNameError."""
    name = config.get("class_name")
    if name not in _BY_NAME:
        raise UnknownNameError("schedule", name, _BY_NAME)
    return _BY_NAME[name].from_config(config["config"])


def _positive(decay_steps: int, name: str = "decay_steps") -> int:
    if not decay_steps > 0:
        raise ArgumentError(
            f"`{name}` must be above 0. Received: {name}={decay_steps!r}",
            hint=f"{name}=1000",
            field=name,
            value=decay_steps,
        )
    return decay_steps


__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
