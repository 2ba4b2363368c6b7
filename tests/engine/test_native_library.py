"""Python and the compiled library agree on every constant, structure and kind of operation."""

import ctypes
from typing import get_args

import numpy as np
import pytest

import loss_cases
import network_cases
import optimizer_cases
from networks import objective
from scallion import losses, optimizers
from scallion.engine import Objective, input_preparation, native, native_library
from scallion.engine.lowering import augmentation
from scallion.engine.lowering.base import data_movement
from scallion.engine.lowering.graph import Mode, lower
from scallion.engine.programs import compiled_program, planning, program
from scallion.errors import EngineError
from scallion.losses.function_loss import FunctionLoss
from scallion.optimizers import SGD

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)


def test_both_sides_have_the_same_constants() -> None:
    constant = native_library.constant
    assert constant("api_version") == native_library.API_VERSION
    assert constant("lanes") == planning.LANES
    assert constant("ignored_label") == input_preparation.IGNORED
    assert constant("strided_copy.axes") == data_movement.AXES
    for mode, number in augmentation.FILL_MODES.items():
        assert constant(f"fill_mode.{mode}") == number
    for scope in program.Scope:
        assert constant(f"scope.{scope.name.lower()}") == scope
    for status in (
        "INVALID_ARGUMENT", "INVALID_PROGRAM", "OUT_OF_MEMORY", "INDEX_OUT_OF_RANGE",
        "LABEL_OUT_OF_RANGE", "UNKNOWN_INSTRUCTION_SET", "NO_THREAD", "INTERNAL_ERROR",
    ):  # fmt: skip
        assert constant(f"status.{status.lower()}") == getattr(native_library, status)


def test_both_sides_have_the_same_element_types() -> None:
    for dtype, number in compiled_program.ELEMENT_TYPES.items():
        assert native_library.constant(f"type.{dtype.name}") == number
    assert np.dtype(">f4") not in compiled_program.ELEMENT_TYPES


@pytest.mark.parametrize("name", ["Rows", "Floats", "Step"])
def test_structures_are_as_large_on_both_sides(name: str) -> None:
    size = native_library.constant(f"sizeof.{name.lower()}")
    assert ctypes.sizeof(getattr(native_library, name)) == size


def test_an_unknown_constant_is_an_error() -> None:
    with pytest.raises(EngineError, match="no constant of this name"):
        native_library.constant("lane")


def lowered_kinds() -> set[str]:
    """Return the kinds of operations in the programs of all networks, losses and optimizers."""
    networks = [case.make() for case in network_cases.CASES]
    small = network_cases.CASES[0].make()
    objectives = [(graph, objective(graph, SGD(0.1))) for graph in networks]
    for case in loss_cases.CASES:
        loss = getattr(losses, case.name)(**case.arguments)
        objectives.append((small, Objective((loss,), (1.0,), SGD(0.1))))
    custom = FunctionLoss(lambda y_true, y_pred: (y_true - y_pred) ** 2)
    objectives.append((small, Objective((custom,), (1.0,), SGD(0.1))))
    for case in optimizer_cases.CASES:
        if "learning_rate" in case.options:  # a schedule changes no operation
            continue
        made = getattr(optimizers, case.name)(*case.arguments, **case.options)
        objectives.append((small, objective(small, made)))
    kinds: set[str] = set()
    for graph, goal in objectives:
        goal.optimizer.build(graph.trainable_weights)
        for mode in get_args(Mode):
            program = lower(graph, mode, 17, goal).program
            kinds |= {one.kind for segment in program.segments for one in segment.instructions}
    return kinds


def test_both_sides_have_the_same_kinds_of_operations() -> None:
    assert lowered_kinds() == set(native_library.operation_kinds())
