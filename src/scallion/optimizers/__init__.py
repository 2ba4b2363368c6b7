"""Optimizers: how weights follow gradients. Their state is arrays that NumPy owns."""

from scallion.optimizers import schedules
from scallion.optimizers.adam import Adam, AdamW
from scallion.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from scallion.optimizers.optimizer import Optimizer
from scallion.optimizers.registry import deserialize, get, serialize
from scallion.optimizers.sgd import SGD
from scallion.optimizers.signed import Adamax, Lion

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
