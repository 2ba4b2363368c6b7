"""Keras' callbacks."""

from scallion.callbacks.backup_and_restore import BackupAndRestore
from scallion.callbacks.callback import Callback
from scallion.callbacks.callback_list import CallbackList
from scallion.callbacks.csv_logger import CSVLogger
from scallion.callbacks.early_stopping import EarlyStopping
from scallion.callbacks.event_files.tensorboard import TensorBoard
from scallion.callbacks.history import History
from scallion.callbacks.lambda_callback import LambdaCallback
from scallion.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from scallion.callbacks.model_checkpoint import ModelCheckpoint
from scallion.callbacks.progress_bar import ProgbarLogger
from scallion.callbacks.swap_ema_weights import SwapEMAWeights
from scallion.callbacks.terminate_on_nan import TerminateOnNaN
from scallion.callbacks.unsupported import RemoteMonitor
from scallion.errors import refuse_unknown_names

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

__getattr__ = refuse_unknown_names("scallion.callbacks", __all__)
