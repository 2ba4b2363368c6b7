"""LambdaCallback: a callback from functions."""

from collections.abc import Callable
from typing import Any

from scallion.callbacks.callback import Callback
from scallion.errors import ArgumentError


class LambdaCallback(Callback):
    """Call functions as hooks: `LambdaCallback(on_epoch_end=print)`.

    Hooks of epochs receive `(epoch, logs)`, hooks of batches `(batch, logs)`, the others `(logs)`.
    Raises ArgumentError for an unknown hook.
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **functions: Any,
    ) -> None:
        super().__init__()
        declared = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for hook, function in {**declared, **functions}.items():
            if hook.startswith("on_") and not hasattr(Callback, hook):
                raise ArgumentError(
                    f"there is no such hook. Received: {hook}",
                    hint="on_epoch_end=lambda epoch, logs: ...",
                )
            if function is not None:
                setattr(self, hook, function)
