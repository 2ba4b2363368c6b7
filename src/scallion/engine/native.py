"""The native engine: lowers a graph to programs, and has the C++ core run them."""

import os
import threading
from collections.abc import Sequence

import numpy as np

from scallion import session
from scallion.engine import native_library
from scallion.engine.derived_losses import DerivedLosses
from scallion.engine.input_preparation import (
    check_indices,
    non_finite_error,
    prepare_factors,
    prepare_images,
    prepare_target,
)
from scallion.engine.interface import Capabilities, IndexedBatch, Objective, StepResult
from scallion.engine.lowering.graph import Mode
from scallion.engine.lowering.optimizers import scalars
from scallion.engine.programs.compiled_program import CompiledProgram
from scallion.engine.programs.memory_requirements import too_large
from scallion.engine.programs.program import Program
from scallion.errors import EngineError, UnsupportedError
from scallion.graph import Graph
from scallion.layers.base.tensor import Tensor
from scallion.layers.base.variable import claim


def is_available() -> bool:
    """Return whether the compiled library is there."""
    return native_library.is_available()


def instruction_set() -> str:
    """Return the name of the kernels in use: baseline, avx2, avx512 or neon."""
    return native_library.instruction_set()


def measure_peak(threads: int | None = None, seconds: float = 0.3) -> float:
    """Return the speed limit of this machine in GFLOP/s: multiply-adds in registers alone."""
    return native_library.measure_peak(threads or session.get_threads(), seconds)


def capabilities() -> Capabilities:
    """Return the capabilities of this engine. Raises EngineError where it is not compiled."""
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
        native_library.load()
        self._graph = graph
        self._objective = objective
        self._weights = graph.weights
        self._trainable = graph.trainable_weights
        self._regularized = [w for w in self._trainable if w.spec.regularizer is not None]
        losses = () if objective is None else objective.losses
        self._derived = [n for n, loss in enumerate(losses) if loss.has_derived_gradient]
        self._programs: dict[Mode, CompiledProgram] = {}
        self._lock = threading.Lock()
        self._process = os.getpid()

    def train(self, batch: IndexedBatch, *, seed: int, step: int) -> StepResult:
        """Run forward, backward and update: see `Engine.train`."""
        optimizer = self._needed_objective().optimizer
        with self._turn():
            optimizer.build(self._trainable)
            result = self._step("train", batch, seed, step, scalars(optimizer))
            gradients = self._programs["train"].gradients
            if gradients is None:
                optimizer.batches_seen += 1
            else:
                optimizer.update(gradients)
            for weight in optimizer.variables:
                weight.constrain()
        return result

    def test(self, batch: IndexedBatch) -> StepResult:
        """Run forward in inference mode and compute the losses."""
        self._needed_objective()
        with self._turn():
            return self._step("test", batch, 0, 0, [])

    def predict(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Return the outputs in inference mode: see `Engine.predict`."""
        indices = check_indices(indices)
        with self._turn():
            outputs = self._run("predict", inputs, indices, [], [], 0, 0, [])[1]
            nonfinite = self._programs["predict"].nonfinite()
        if nonfinite is not None:
            number, place = nonfinite
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
        """Return the outputs as a call of the model does: see `Engine.forward`."""
        mode: Mode = "call" if training is None else "forward" if training else "predict"
        with self._turn():
            return self._run(mode, inputs, check_indices(indices), [], [], seed, step, [])[1]

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities of this engine."""
        return capabilities()

    def activations(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray, tensors: Sequence[Tensor]
    ) -> tuple[np.ndarray, ...]:
        """Return the values of tensors of the graph: see `Engine.activations`."""
        inner = NativeEngine(Graph(self._graph.inputs, tuple(tensors)))
        return inner.predict(inputs, indices)

    def gradients(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        tensors: Sequence[Tensor],
        output_gradient: np.ndarray,
    ) -> tuple[np.ndarray | None, ...]:
        """Raise UnsupportedError: the core computes gradients of weights only."""
        raise _unsupported("gradients at inputs and outputs of layers")

    def weight_gradients(
        self, batch: IndexedBatch, *, seed: int, step: int
    ) -> tuple[StepResult, list[np.ndarray]]:
        """Raise UnsupportedError: the core updates the weights within the step."""
        raise _unsupported("gradients without an update")

    def program(self, mode: Mode, batch: int) -> Program:
        """Return the program that runs for batches of this size."""
        with self._turn():
            return self._compiled(mode, batch).program

    def serialize(self, batch: int) -> bytes:
        """Return the prediction program for up to `batch` images, weights included, as bytes.

        `scallion_program_load` in `native/scallion.h` loads it in any language.
        """
        with self._turn():
            claim(self._weights, None)
            return CompiledProgram(self._graph, "predict", batch, None).serialize()

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
                hint="give one array of targets per output",
            )
        factors = prepare_factors(objective.losses, batch.targets, tensors, batch.weights, images)
        targets = [
            prepare_target(target, tensor, loss, images)
            for target, tensor, loss in zip(batch.targets, tensors, objective.losses, strict=True)
        ]
        penalty = sum(float(weight.penalty()) for weight in self._regularized)
        derived = DerivedLosses(self._derived, objective, batch) if self._derived else None
        losses, outputs = self._run(
            mode, batch.inputs, indices, targets, factors, seed, step, scalars, derived
        )
        if derived is not None:
            derived.write_values(losses, outputs)
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
        derived: DerivedLosses | None = None,
    ) -> tuple[list[float], tuple[np.ndarray, ...]]:
        # The program works on the variables' arrays in place.
        claim(self._weights, None)
        images, indices = prepare_images(inputs, indices, self._graph.inputs)
        program = self._compiled(mode, len(indices))
        threads = session.get_threads()
        try:
            return program.run(
                images, indices, targets, factors,
                seed=seed, number=step & 0xFFFFFFFF, scalars=scalars, threads=threads,
                derived=derived,
            )  # fmt: skip
        except MemoryError:
            raise too_large(program.program, threads, "which is not free") from None

    def _compiled(self, mode: Mode, images: int) -> CompiledProgram:
        program = self._programs.get(mode)
        if program is None or program.program.batch < images:
            # The old one's memory is free before the new one's is taken.
            program = None
            self._programs.pop(mode, None)
            program = CompiledProgram(self._graph, mode, max(images, 1), self._objective)
            self._programs[mode] = program
        return program


def _unsupported(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"the native engine does not compute {what}", hint='engine="reference" does, slowly'
    )
