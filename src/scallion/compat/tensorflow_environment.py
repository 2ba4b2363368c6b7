"""The names of TensorFlow by which scripts set up their machine: devices, seeds, strategies.

The engine uses all cores of the CPU, so most of them change nothing.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, NoReturn

import numpy as np

from scallion import random, session
from scallion.compat.tensorflow_functions.arrays import RandomGenerator, split_seed
from scallion.eager_array import EagerArray
from scallion.errors import UnsupportedError


class PhysicalDevice(NamedTuple):
    """A device as `tf.config.list_physical_devices` lists it."""

    name: str
    device_type: str


class Strategy:
    """One machine with one CPU as a `tf.distribute` strategy: its scope changes nothing."""

    num_replicas_in_sync = 1

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        pass

    def scope(self) -> AbstractContextManager[None]:
        """Return a context that changes nothing."""
        return nullcontext()


class OneDeviceStrategy(Strategy):
    """See `Strategy`."""


class MirroredStrategy(Strategy):
    """See `Strategy`."""


def _no_tpu(*_arguments: Any, **_options: Any) -> NoReturn:
    raise UnsupportedError(
        "there is no TPU: the engine uses the CPU", hint="strategy = tf.distribute.get_strategy()"
    )


def function(
    func: Callable[..., Any] | None = None, *_arguments: Any, **_options: Any
) -> Callable[..., Any]:
    """Return the function itself, also as a decorator: it runs eagerly."""
    return func if func is not None else lambda decorated: decorated


def _devices(device_type: str | None = None) -> list[PhysicalDevice]:
    cpu = PhysicalDevice("/physical_device:CPU:0", "CPU")
    return [cpu] if device_type in (None, "CPU") else []


def _do_nothing(*_arguments: Any, **_options: Any) -> None:
    """Accept the arguments and change nothing."""


def _always(value: Any) -> Callable[..., Any]:
    return lambda *_arguments, **_options: value


def _uniform(
    shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = np.float32, seed: Any = None,
    name: Any = None,  # noqa: ARG001 (TensorFlow has it)
) -> EagerArray:  # fmt: skip
    if np.dtype(dtype).kind in "iu":
        return random.randint(shape, minval, maxval, dtype, seed)
    return random.uniform(shape, minval, 1 if maxval is None else maxval, dtype, seed)


def _normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None,
    name: Any = None,  # noqa: ARG001 (TensorFlow has it)
) -> EagerArray:  # fmt: skip
    return random.normal(shape, mean, stddev, dtype, seed)


def _truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None,
    name: Any = None,  # noqa: ARG001 (TensorFlow has it)
) -> EagerArray:  # fmt: skip
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


def _shuffle(value: Any, seed: Any = None, name: Any = None) -> EagerArray:  # noqa: ARG001 (TensorFlow has it)
    return random.shuffle(value, 0, seed)


_SETTINGS = {
    "list_logical_devices": _devices,
    "list_physical_devices": _devices,
    "set_visible_devices": _do_nothing,
}
_LOGGER = {
    "DEBUG": logging.DEBUG,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "set_verbosity": lambda level: logging.getLogger("tensorflow").setLevel(level),
}

NAMES: dict[str, Any] = {
    "autograph": {"set_verbosity": _do_nothing, "experimental": {"do_not_convert": function}},
    "config": {
        **_SETTINGS,
        "experimental": {
            **_SETTINGS,
            "enable_op_determinism": _do_nothing,
            "set_memory_growth": _do_nothing,
        },
        "experimental_run_functions_eagerly": _do_nothing,
        "functions_run_eagerly": _always(True),
        "optimizer": {"set_jit": _do_nothing, "set_experimental_options": _do_nothing},
        "run_functions_eagerly": _do_nothing,
        "threading": {
            "set_inter_op_parallelism_threads": _do_nothing,
            "set_intra_op_parallelism_threads": lambda n: session.set_threads(n or None),
        },
    },
    "device": lambda _name: nullcontext(),
    "distribute": {
        "MirroredStrategy": MirroredStrategy,
        "OneDeviceStrategy": OneDeviceStrategy,
        "Strategy": Strategy,
        "TPUStrategy": _no_tpu,
        "cluster_resolver": {"TPUClusterResolver": _no_tpu},
        "get_strategy": Strategy,
    },
    "executing_eagerly": _always(True),
    "function": function,
    "get_logger": lambda: logging.getLogger("tensorflow"),
    "name_scope": lambda _name: nullcontext(),
    "random": {
        "Generator": RandomGenerator,
        "normal": _normal,
        "set_seed": session.set_random_seed,
        "shuffle": _shuffle,
        "split": split_seed,
        "truncated_normal": _truncated_normal,
        "uniform": _uniform,
    },
    "test": {
        "gpu_device_name": _always(""),
        "is_built_with_cuda": _always(False),
        "is_built_with_gpu_support": _always(False),
        "is_gpu_available": _always(False),
    },
}
"""Attributes of `tensorflow`; those that are dictionaries are its submodules."""

VERSION_1_NAMES: dict[str, Any] = {
    "disable_eager_execution": _do_nothing,
    "enable_eager_execution": _do_nothing,
    "logging": _LOGGER,
    "set_random_seed": session.set_random_seed,
}
"""Attributes of `tensorflow.compat.v1`."""
