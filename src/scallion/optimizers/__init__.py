"""Optimizers: how weights follow gradients. Their state is arrays that NumPy owns."""

from scallion.optimizers import schedules
from scallion.optimizers.adam import Adam, AdamW
from scallion.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from scallion.optimizers.base import Optimizer
from scallion.optimizers.descent import SGD
from scallion.optimizers.signed import Adamax, Lion
from scallion.optimizers.table import deserialize, get, serialize

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
