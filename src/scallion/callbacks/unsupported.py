"""Keras' callbacks that are not supported. Each raises an error with an alternative."""

from typing import Any

from scallion.callbacks.callback import Callback
from scallion.errors import UnsupportedError


class _Unsupported(Callback):
    alternative = ""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        raise UnsupportedError(f"{type(self).__name__} is not supported", hint=self.alternative)


class TensorBoard(_Unsupported):
    """Not supported: raises UnsupportedError."""

    alternative = 'CSVLogger("history.csv") writes the curves, scallion.plot(history) draws them'


class RemoteMonitor(_Unsupported):
    """Not supported, as nothing is sent over a network: raises UnsupportedError."""

    alternative = "LambdaCallback(on_epoch_end=...) calls your function with the logs"


class SwapEMAWeights(_Unsupported):
    """Not supported, as `use_ema` sets the weights after `fit`: raises UnsupportedError."""

    alternative = "make the optimizer with use_ema=True, ema_overwrite_frequency=100"
