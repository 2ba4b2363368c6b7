"""Optimizers and learning rate schedules, with Keras' names, arguments and update formulas."""

from scallion.errors import refuse_unknown_names
from scallion.optimizers import schedules
from scallion.optimizers.adadelta import Adadelta
from scallion.optimizers.adagrad import Adagrad
from scallion.optimizers.adam import Adam, AdamW
from scallion.optimizers.adamax import Adamax
from scallion.optimizers.lion import Lion
from scallion.optimizers.nadam import Nadam
from scallion.optimizers.optimizer import Optimizer
from scallion.optimizers.registry import deserialize, get, serialize
from scallion.optimizers.rmsprop import RMSprop
from scallion.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

__getattr__ = refuse_unknown_names("scallion.optimizers", __all__)
