"""Callbacks, by Keras' names."""

from scallion.callbacks.backup import BackupAndRestore
from scallion.callbacks.callback import Callback
from scallion.callbacks.callback_list import CallbackList
from scallion.callbacks.checkpoint import ModelCheckpoint
from scallion.callbacks.csv_logger import CSVLogger
from scallion.callbacks.early_stopping import EarlyStopping
from scallion.callbacks.history import History
from scallion.callbacks.lambda_callback import LambdaCallback
from scallion.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from scallion.callbacks.progress import ProgbarLogger
from scallion.callbacks.refused import RemoteMonitor, SwapEMAWeights, TensorBoard
from scallion.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
