"""The base class of metrics, which accumulate over batches."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar, Self

import numpy as np

from scallion import session
from scallion.eager_array import eager_result
from scallion.errors import UnsupportedError
from scallion.metrics.metric_variable import MetricVariable, initial_value


def _with_eager_result(result: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the method with a result that has TensorFlow's `numpy()`."""

    @wraps(result)
    def wrapped(self: Any) -> Any:
        return eager_result(result(self))

    return wrapped


class Metric:
    """The base of all metrics: `update_state` for each batch, `result`, `reset_state`."""

    direction: ClassVar[str | None] = None
    """`"up"` if higher values are better, `"down"` if lower, for callbacks that monitor it."""

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        if dtype not in (None, "float32"):
            raise UnsupportedError(
                f"metrics are float32. Received: dtype={dtype!r}",
                hint="leave out dtype",
                field="dtype",
                value=dtype,
            )
        self.name = name or session.unique_name(session.snake_case(type(self).__name__))

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "result" in cls.__dict__:
            cls.result = _with_eager_result(cls.result)  # pyright: ignore[reportAttributeAccessIssue]

    def add_weight(
        self,
        shape: Any = (),
        initializer: Any = None,
        dtype: Any = None,
        name: str | None = None,
    ) -> MetricVariable:
        """Return a new variable, zeros unless `initializer` says otherwise."""
        own = self.__dict__.setdefault("_own_variables", [])
        value = initial_value(initializer, shape, dtype or "float32")
        own.append(MetricVariable(value, name or f"variable_{len(own)}"))
        return own[-1]

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> MetricVariable:
        """Return a new variable, as `add_weight` does."""
        return self.add_weight(shape, initializer, dtype, name)

    @property
    def variables(self) -> list[MetricVariable]:
        """The variables of `add_weight`, with those of metrics that are attributes."""
        own: list[MetricVariable] = self.__dict__.get("_own_variables", [])
        return [*own, *(one for metric in self._inner_metrics() for one in metric.variables)]

    def _inner_metrics(self) -> "list[Metric]":
        return [value for value in vars(self).values() if isinstance(value, Metric)]

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Accumulate one batch."""
        raise NotImplementedError

    def result(self) -> Any:
        """Return the value over all batches since the last reset."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """Reset the state, so that the next batch is the first: all variables are set to 0."""
        for variable in self.__dict__.get("_own_variables", ()):
            variable.assign(np.zeros(variable.shape))
        for metric in self._inner_metrics():
            metric.reset_state()

    def get_state(self) -> dict[str, Any]:
        """Return the accumulated state: numbers, texts and arrays, nested in dicts and lists.

        These are the variables, and the states of metrics that are attributes. A metric that keeps
        its state elsewhere overrides this and `set_state` so that training can resume within an
        epoch.
        """
        own = self.__dict__.get("_own_variables", [])
        inner = [metric.get_state() for metric in self._inner_metrics()]
        return {"variables": [one.numpy() for one in own], "metrics": inner} if own or inner else {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        own = self.__dict__.get("_own_variables", [])
        for variable, value in zip(own, state.get("variables", []), strict=True):
            variable.assign(value)
        inner = self._inner_metrics()
        for metric, metric_state in zip(inner, state.get("metrics", []), strict=True):
            metric.set_state(metric_state)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Accumulate one batch and return the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of an equal metric, named as in Keras."""
        return {"name": self.name, "dtype": "float32"}

    def extra_config(self) -> dict[str, Any]:
        """Return arguments that Keras' class does not have, stored separately in model files."""
        return {}

    def set_extra_config(self, config: Mapping[str, Any]) -> None:
        """Set what `extra_config` returned."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Create a metric from a config of `get_config`."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
