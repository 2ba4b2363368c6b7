"""The base class of metrics, which accumulate over batches."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ClassVar, Self

from scallion import session
from scallion.eager_array import eager_result
from scallion.errors import UnsupportedError


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

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Accumulate one batch."""
        raise NotImplementedError

    def result(self) -> Any:
        """Return the value over all batches since the last reset."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """Reset the state, so that the next batch is the first."""
        raise NotImplementedError

    def get_state(self) -> dict[str, Any]:
        """Return the accumulated state: numbers, texts and arrays, nested in dicts and lists.

        A custom metric overrides this and `set_state` so that training can resume within an epoch.
        """
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""

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
