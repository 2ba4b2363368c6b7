"""Keras' callbacks that are not supported. Each raises an error with an alternative."""

from typing import Any

from scallion.callbacks.callback import Callback
from scallion.errors import UnsupportedError


class _Unsupported(Callback):
    alternative = ""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        raise UnsupportedError(f"{type(self).__name__} is not supported", hint=self.alternative)


class RemoteMonitor(_Unsupported):
    """Not supported, as nothing is sent over a network: raises UnsupportedError."""

    alternative = "LambdaCallback(on_epoch_end=...) calls your function with the logs"
