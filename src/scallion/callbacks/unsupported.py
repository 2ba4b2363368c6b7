"""Callbacks of Keras that are not there. Each says what to use instead."""

from typing import Any

from scallion.callbacks.callback import Callback
from scallion.errors import UnsupportedError


class _Refused(Callback):
    instead = ""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        raise UnsupportedError(f"there is no {type(self).__name__} here", hint=self.instead)


class TensorBoard(_Refused):
    """Refused: there is no TensorBoard."""

    instead = 'CSVLogger("history.csv") writes the curves, scallion.plot(history) draws them'


class RemoteMonitor(_Refused):
    """Refused: nothing is sent anywhere."""

    instead = "LambdaCallback(on_epoch_end=...) calls a function of yours with the logs"


class SwapEMAWeights(_Refused):
    """Refused: averages are put into the weights at the end of `fit`."""

    instead = "make the optimizer with use_ema=True, ema_overwrite_frequency=100"
