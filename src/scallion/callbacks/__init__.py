"""Callbacks, by Keras' names."""

from scallion.callbacks.callback import Callback
from scallion.callbacks.callback_list import CallbackList
from scallion.callbacks.early_stopping import EarlyStopping
from scallion.callbacks.history import History
from scallion.callbacks.progress import ProgbarLogger
from scallion.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "ProgbarLogger",
    "TerminateOnNaN",
]
