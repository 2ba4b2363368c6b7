"""The native engine: lowers a graph to programs, and has the C++ core run them."""

import os
import threading
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from math import prod
from types import ModuleType

import numpy as np

from scallion import session
from scallion.engine import memory_requirements
from scallion.engine.input_preparation import (
    check_indices,
    non_finite_error,
    prepare_factors,
    prepare_images,
    prepare_target,
)
from scallion.engine.interface import Capabilities, IndexedBatch, Objective, StepResult
from scallion.engine.lowering import Mode, lower
from scallion.engine.lowering.optimizers import scalars
from scallion.engine.memory_requirements import too_large
from scallion.engine.program import Program
from scallion.errors import ArgumentError, DataError, EngineError, UnsupportedError
from scallion.graph import Graph
from scallion.layers.tensor import Tensor
from scallion.layers.variable import claim
from scallion.losses import SparseCategoricalCrossentropy


@cache
def _core() -> ModuleType | None:
    try:
        return import_module("scallion.engine._native")
    except ImportError:
        return None


def is_available() -> bool:
    """Whether the compiled module is there."""
    return _core() is not None


def require() -> ModuleType:
    """The compiled module. Raises EngineError where it is not there, ArgumentError where
    SCALLION_ISA names no instruction set of this CPU."""
    core = _core()
    if core is None:
        raise EngineError(
            "the compiled engine is not there",
            hint="install g++ or clang++ and run `pip install --force-reinstall scallion`",
        )
    try:
        core.instruction_set()
    except ValueError as error:
        message, _, hint = str(error).partition("\nhint: ")
        raise ArgumentError(message, hint=hint) from None
    return core


def instruction_set() -> str:
    """The kernels that run here: baseline, avx2, avx512 or neon."""
    return require().instruction_set()


def measure_peak(threads: int | None = None, seconds: float = 0.3) -> float:
    """The limit of this machine's cores in GFLOP/s: multiply-adds in registers, nothing else."""
    return require().measure_peak(threads or session.get_threads(), seconds)


def capabilities() -> Capabilities:
    """Return what this engine offers. Raises EngineError where it is not compiled."""
    return Capabilities(
        activations=True,
        input_gradients=False,
        weight_gradients=False,
        instruction_set=instruction_set(),
    )


class NativeEngine:
    """Runs one graph in the C++ core: see `Engine`.

    Calls from several threads run one after the other. A child process after `fork` continues with
    a lock and threads of its own.
    """

    def __init__(self, graph: Graph, objective: Objective | None = None) -> None:
        self._core = require()
        self._graph = graph
        self._objective = objective
        self._weights = graph.weights
        self._trainable = graph.trainable_weights
        self._regularized = [w for w in self._trainable if w.spec.regularizer is not None]
        self._runners: dict[Mode, Runner] = {}
        self._lock = threading.Lock()
        self._process = os.getpid()

    def train(self, batch: IndexedBatch, *, seed: int, step: int) -> StepResult:
        optimizer = self._needed_objective().optimizer
        with self._turn():
            optimizer.build(self._trainable)
            result = self._step("train", batch, seed, step, scalars(optimizer))
            gradients = self._runners["train"].gradients
            if gradients is None:
                optimizer.batches_seen += 1
            else:
                optimizer.update(gradients)
            for weight in optimizer.variables:
                weight.constrain()
        return result

    def test(self, batch: IndexedBatch) -> StepResult:
        self._needed_objective()
        with self._turn():
            return self._step("test", batch, 0, 0, [])

    def predict(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        indices = check_indices(indices)
        with self._turn():
            outputs = self._run("predict", inputs, indices, [], [], 0, 0, [])[1]
            strange: tuple[int, int] = self._runners["predict"].core.strange()
        number, place = strange
        if number >= 0:
            raise non_finite_error(inputs[number], int(indices[place]), self._graph.inputs[number])
        return outputs

    def forward(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        *,
        training: bool | None,
        seed: int,
        step: int,
    ) -> tuple[np.ndarray, ...]:
        mode: Mode = "call" if training is None else "forward" if training else "predict"
        with self._turn():
            return self._run(mode, inputs, check_indices(indices), [], [], seed, step, [])[1]

    @property
    def capabilities(self) -> Capabilities:
        return capabilities()

    def activations(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray, tensors: Sequence[Tensor]
    ) -> tuple[np.ndarray, ...]:
        inner = NativeEngine(Graph(self._graph.inputs, tuple(tensors)))
        return inner.predict(inputs, indices)

    def gradients(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        tensors: Sequence[Tensor],
        output_gradient: np.ndarray,
    ) -> tuple[np.ndarray | None, ...]:
        raise _unsupported("gradients at inputs and outputs of layers")

    def weight_gradients(
        self, batch: IndexedBatch, *, seed: int, step: int
    ) -> tuple[StepResult, list[np.ndarray]]:
        raise _unsupported("gradients without an update")

    def program(self, mode: Mode, batch: int) -> Program:
        """Return the program that runs for batches of this size."""
        with self._turn():
            return self._runner(mode, batch).program

    def _turn(self) -> threading.Lock:
        if self._process != os.getpid():
            # The parent's lock may be held by a thread that does not exist here.
            self._process, self._lock = os.getpid(), threading.Lock()
        return self._lock

    def _needed_objective(self) -> Objective:
        if self._objective is None:
            raise EngineError(
                "this engine was made without an objective, so it can only predict",
                hint="compile the model first",
            )
        return self._objective

    def _step(
        self, mode: Mode, batch: IndexedBatch, seed: int, step: int, scalars: list[float]
    ) -> StepResult:
        objective, tensors = self._needed_objective(), self._graph.outputs
        indices = check_indices(batch.indices)
        images = len(indices)
        if images == 0:
            raise EngineError("a batch without images", hint="give at least one index")
        if len(batch.targets) != len(tensors):
            raise EngineError(
                f"the network has {len(tensors)} outputs. "
                f"Received: targets for {len(batch.targets)}",
                hint="give one array of targets an output",
            )
        factors = prepare_factors(objective.losses, batch.targets, tensors, batch.weights, images)
        targets = [
            prepare_target(target, tensor, loss, images)
            for target, tensor, loss in zip(batch.targets, tensors, objective.losses, strict=True)
        ]
        penalty = sum(float(weight.penalty()) for weight in self._regularized)
        losses, outputs = self._run(
            mode, batch.inputs, indices, targets, factors, seed, step, scalars
        )
        total = sum(w * loss for w, loss in zip(objective.loss_weights, losses, strict=True))
        return StepResult(total + penalty, tuple(losses), outputs)

    def _run(
        self,
        mode: Mode,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        targets: list[np.ndarray],
        factors: list[np.ndarray | None],
        seed: int,
        step: int,
        scalars: list[float],
    ) -> tuple[list[float], tuple[np.ndarray, ...]]:
        # The program works on the variables' arrays in place.
        claim(self._weights, None)
        images, indices = prepare_images(inputs, indices, self._graph.inputs)
        runner = self._runner(mode, len(indices))
        threads = session.get_threads()
        try:
            outputs = tuple(
                np.empty((len(indices), *tensor.image_shape), np.float32)
                for tensor in self._graph.outputs
            )
            losses = runner.core.run(
                images, indices, targets, factors, list(outputs), seed, step & 0xFFFFFFFF,
                scalars, threads,
            )  # fmt: skip
        except IndexError as error:
            raise EngineError(str(error), hint="np.arange(len(images))") from None
        except ValueError as error:
            raise DataError(
                str(error), hint="give the last layer one unit a class, and count classes from 0"
            ) from None
        except MemoryError:
            raise too_large(runner.program, threads, "which is not free") from None
        return losses, outputs

    def _runner(self, mode: Mode, images: int) -> "Runner":
        runner = self._runners.get(mode)
        if runner is None or runner.program.batch < images:
            # The old one's memory is free before the new one's is taken.
            runner = None
            self._runners.pop(mode, None)
            runner = Runner(self._core, self._graph, mode, max(images, 1), self._objective)
            self._runners[mode] = runner
        return runner


def _unsupported(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"the native engine does not compute {what}", hint='engine="reference" does, slowly'
    )


class Runner:
    """A program, lowered and handed to the core with its arrays."""

    def __init__(
        self,
        core: ModuleType,
        graph: Graph,
        mode: Mode,
        batch: int,
        objective: Objective | None,
        *,
        own_arrays: bool = False,
    ) -> None:
        try:
            lowered = lower(graph, mode, batch, objective)
        except MemoryError:
            raise EngineError(
                f"the tables of a program for {batch} images take more memory than is free",
                hint="smaller images, or fewer filters",
            ) from None
        self.program = program = lowered.program
        self.gradients = lowered.gradients
        threads = session.get_threads()
        memory_requirements.require(program, threads)
        try:
            self.core = core.Runner(
                batch=batch,
                buffers=[(int(b.scope), b.size, b.offset) for b in program.buffers],
                sizes=(
                    program.image_floats,
                    program.batch_floats,
                    program.lane_floats,
                    program.shared_floats,
                ),
                losses=program.losses,
                inputs=[prod(tensor.image_shape) for tensor in graph.inputs],
                outputs=_expected(graph, objective),
                threads=threads,
            )
        except MemoryError:
            raise too_large(program, threads, "which is not free") from None
        numbers = {id(buffer): number for number, buffer in enumerate(program.buffers)}
        for segment in program.segments:
            rows = [
                (
                    row.kind,
                    {name: numbers[id(b)] for name, b in (row.reads | row.writes).items()},
                    row.values,
                )
                for row in segment.rows
            ]
            self.core.add_segment(segment.by_image, segment.width, rows)
        self.core.settle(program.settled, [numbers[id(b)] for b in program.settled_on()])
        arrays = lowered.arrays
        self.core.bind([array.copy() for array in arrays] if own_arrays else arrays)


def _expected(graph: Graph, objective: Objective | None) -> list[tuple[int, int]]:
    """For each output its floats, and the number of classes where targets are labels, else 0."""
    sizes = [prod(tensor.image_shape) for tensor in graph.outputs]
    if objective is None:
        return [(size, 0) for size in sizes]
    return [
        (size, tensor.image_shape[-1] if isinstance(loss, SparseCategoricalCrossentropy) else 0)
        for size, tensor, loss in zip(sizes, graph.outputs, objective.losses, strict=True)
    ]
