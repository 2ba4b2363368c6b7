"""A custom function as a loss."""

from collections.abc import Callable
from typing import Any

from scallion.losses.derived import same_rank
from scallion.losses.loss import Loss


class FunctionLoss(Loss):
    """A loss of a function `fn(y_true, y_pred, **kwargs)`, which returns values to average."""

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn = fn
        self._arguments = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(*same_rank(y_true, y_pred), **self._arguments)
