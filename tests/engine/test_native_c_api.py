"""The C API checks every argument of a step, whatever Python has checked before."""

import ctypes
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from networks import chain, fill, layer, objective
from scallion.engine import Objective, native, native_library
from scallion.engine.lowering.graph import lower
from scallion.engine.programs import program_format
from scallion.engine.programs.compiled_program import CompiledProgram
from scallion.errors import DataError, EngineError
from scallion.graph import Graph
from scallion.losses import SparseCategoricalCrossentropy
from scallion.optimizers import SGD

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)

IMAGES = 4


def network() -> Graph:
    graph = chain((5, 4, 3), layer("Conv2D", 4, 3), layer("Flatten"), layer("Dense", 7))()
    fill(graph)
    return graph


def arguments() -> dict[str, object]:
    """What a training step of `network` takes."""
    return {
        "inputs": [np.ones((6, 5, 4, 3), np.float32)],
        "indices": np.arange(IMAGES),
        "targets": [np.full((IMAGES, 7), 1 / 7, np.float32)],
        "sample_weights": [None],
        "scalars": [0.1],
    }


def training(*, sparse: bool = False) -> CompiledProgram:
    graph = network()
    goal = objective(graph, SGD(0.1))
    if sparse:
        goal = Objective((SparseCategoricalCrossentropy(),), (1.0,), goal.optimizer)
    goal.optimizer.build(graph.trainable_weights)
    return CompiledProgram(graph, "train", 5, goal)


WRONG: Mapping[str, tuple[dict[str, object], str]] = {
    "too many images": ({"indices": np.zeros(6, np.int64)}, r"at most 5 images\. Received: 6"),
    "an index after the last": ({"indices": np.full(4, 6)}, "images 0 to 5. Received: index 6"),
    "a negative index": ({"indices": np.full(4, -1)}, "Received: index -1"),
    "smaller images": (
        {"inputs": [np.ones((6, 5, 4, 2), np.float32)]},
        r"input 0 takes images of 60 elements\. Received: 40",
    ),
    "complex images": ({"inputs": [np.ones((6, 5, 4, 3), complex)]}, "rows of complex128"),
    "images in another byte order": ({"inputs": [np.ones((6, 5, 4, 3), ">f4")]}, "rows of >f4"),
    "images that are not contiguous": (
        {"inputs": [np.ones((6, 5, 4, 6), np.float32)[..., ::2]]},
        "cannot read in place",
    ),
    "indices of 32 bits": ({"indices": np.zeros(4, np.int32)}, "contiguous one of int64"),
    "targets for fewer images": (
        {"targets": [np.ones((3, 7), np.float32)]},
        r"target 0 needs one row per image\. Received: 3",
    ),
    "shorter targets": (
        {"targets": [np.ones((4, 6), np.float32)]},
        r"target 0 takes contiguous rows of 7 elements\. Received: 6",
    ),
    "labels for a loss without": ({"targets": [np.zeros(4, np.int64)]}, "target 0 takes float32"),
    "targets with gaps": (
        {"targets": [np.ones((4, 14), np.float32)[:, :7]]},
        "target 0 takes contiguous rows of 7",
    ),
    "too few sample weights": (
        {"sample_weights": [np.ones(3, np.float32)]},
        r"one sample weight per image\. Received: 3",
    ),
    "no learning rate": ({"scalars": []}, r"needs 1 scalars\. Received: 0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_of_a_step_are_refused(name: str) -> None:
    wrong, message = WRONG[name]
    with pytest.raises(EngineError, match=message):
        training().run(**{**arguments(), **wrong})  # type: ignore[arg-type]


def test_right_arguments_of_a_step_are_accepted() -> None:
    losses, (outputs,) = training().run(**arguments())  # type: ignore[arg-type]
    assert outputs.shape == (IMAGES, 7)
    assert np.isfinite(losses).all()


@pytest.mark.parametrize("label", [-1, 7])
def test_labels_without_an_output_are_refused(label: int) -> None:
    labels = {"targets": [np.full(IMAGES, label)]}
    with pytest.raises(DataError, match=f"labels go from 0 to 6.*Received: {label}"):
        training(sparse=True).run(**{**arguments(), **labels})  # type: ignore[arg-type]


@pytest.mark.parametrize("threads", [0, -1, 5000])
def test_an_impossible_number_of_threads_is_refused(threads: int) -> None:
    with pytest.raises(EngineError, match=rf"threads go from 1 to 4096\. Received: {threads}"):
        training().run(**arguments(), threads=threads)  # type: ignore[arg-type]


def loaded(check: Callable[[ctypes.CDLL, ctypes.c_void_p], None]) -> None:
    """Load the network's program for prediction, to which nothing is bound, and check it."""
    program = lower(network(), "predict", 5, None).program
    encoded = program_format.encode(program, [(5, 4, 3)], [((7,), 0)])
    library, handle = native_library.load(), ctypes.c_void_p()
    native_library.check(
        library.scallion_program_load(encoded, len(encoded), 1, ctypes.byref(handle))
    )
    check(library, handle)
    library.scallion_program_destroy(handle)


def test_a_program_without_arrays_neither_runs_nor_is_saved() -> None:
    def check(library: ctypes.CDLL, handle: ctypes.c_void_p) -> None:
        step, size = native_library.Step(images=0), ctypes.c_size_t()
        with pytest.raises(EngineError, match="no arrays are bound"):
            native_library.check(library.scallion_program_run(handle, ctypes.addressof(step)))
        with pytest.raises(EngineError, match="no arrays are bound"):
            native_library.check(library.scallion_program_save(handle, None, 0, ctypes.byref(size)))

    loaded(check)


def test_arrays_that_are_too_few_or_too_small_are_not_bound() -> None:
    def check(library: ctypes.CDLL, handle: ctypes.c_void_p) -> None:
        arrays = (native_library.Floats * 4)()
        with pytest.raises(EngineError, match=r"the program has 4 arrays\. Received: 3"):
            native_library.check(library.scallion_program_bind(handle, arrays, 3))
        with pytest.raises(EngineError, match=r"array 0 has \d+ floats\. Received: 0"):
            native_library.check(library.scallion_program_bind(handle, arrays, 4))

    loaded(check)
