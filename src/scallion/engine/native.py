"""The native engine: lowers a graph to programs, and has the C++ core run them."""

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from scallion import session
from scallion.engine.interface import Batch, Objective, Result
from scallion.engine.lowering import Mode, lower
from scallion.engine.lowering.update import scalars
from scallion.engine.program import Program
from scallion.errors import EngineError
from scallion.graph import Graph


@cache
def _core() -> ModuleType | None:
    try:
        from scallion.engine import _native
    except ImportError:
        return None
    return _native


def is_available() -> bool:
    """Whether the compiled module is there."""
    return _core() is not None


def require() -> ModuleType:
    """The compiled module. Raises EngineError where it is not there."""
    core = _core()
    if core is None:
        raise EngineError(
            "the compiled engine is not there",
            hint="install g++ or clang++ and run `pip install --force-reinstall scallion`",
        )
    return core


def instruction_set() -> str:
    """The kernels that run here: baseline, avx2, avx512 or neon."""
    return require().instruction_set()


def measure_peak(threads: int | None = None, seconds: float = 0.3) -> float:
    """The limit of this machine's cores in GFLOP/s: multiply-adds in registers, nothing else."""
    return require().measure_peak(threads or session.get_threads(), seconds)


class NativeEngine:
    """Runs one graph in the C++ core. See `Engine` for what it is asked."""

    def __init__(self, graph: Graph, objective: Objective | None = None) -> None:
        self._core = require()
        self._graph = graph
        self._objective = objective
        self._runners: dict[Mode, _Runner] = {}

    def train(self, batch: Batch, *, seed: int, step: int) -> Result:
        optimizer = self._needed_objective().optimizer
        optimizer.build(self._graph.trainable_weights)
        result = self._step("train", batch, seed, step, scalars(optimizer))
        gradients = self._runners["train"].gradients
        if gradients is None:
            optimizer.batches_seen += 1
        else:
            optimizer.update(gradients)
        return result

    def test(self, batch: Batch) -> Result:
        self._needed_objective()
        return self._step("test", batch, 0, 0, [])

    def predict(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        return self._run("predict", inputs, indices, (), [], 0, 0, [])[1]

    def program(self, mode: Mode, batch: int) -> Program:
        """The program that runs for batches of this size."""
        return self._runner(mode, batch).program

    def _needed_objective(self) -> Objective:
        if self._objective is None:
            raise EngineError("this engine was made without an objective: it can only predict")
        return self._objective

    def _step(self, mode: Mode, batch: Batch, seed: int, step: int, scalars: list[float]) -> Result:
        objective = self._needed_objective()
        factors = [None] * len(objective.losses)
        if batch.weights is not None or any(
            loss.reduction != "sum_over_batch_size" for loss in objective.losses
        ):
            factors = [
                loss.factors(
                    target,
                    np.empty((len(batch.indices), *tensor.image_shape), np.float32),
                    batch.weights,
                )
                for loss, target, tensor in zip(
                    objective.losses, batch.targets, self._graph.outputs, strict=True
                )
            ]
        losses, outputs = self._run(
            mode, batch.inputs, batch.indices, batch.targets, factors, seed, step, scalars
        )
        total = sum(w * loss for w, loss in zip(objective.loss_weights, losses, strict=True))
        return Result(total, tuple(losses), outputs)

    def _run(
        self,
        mode: Mode,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        targets: tuple[np.ndarray, ...],
        factors: list[Any],
        seed: int,
        step: int,
        scalars: list[float],
    ) -> tuple[list[float], tuple[np.ndarray, ...]]:
        runner = self._runner(mode, len(indices))
        outputs = tuple(
            np.empty((len(indices), *tensor.image_shape), np.float32)
            for tensor in self._graph.outputs
        )
        prepared, indices = _prepared(inputs, indices)
        losses = runner.core.run(
            prepared, indices, list(targets), factors, list(outputs), seed, step & 0xFFFFFFFF,
            scalars, session.get_threads(),
        )  # fmt: skip
        return losses, outputs

    def _runner(self, mode: Mode, images: int) -> "_Runner":
        runner = self._runners.get(mode)
        if runner is None or runner.program.batch < images:
            runner = self._runners[mode] = _Runner(
                self._core, self._graph, mode, images, self._objective
            )
        return runner


class _Runner:
    """A program, lowered and handed to the core with its arrays."""

    def __init__(
        self, core: ModuleType, graph: Graph, mode: Mode, batch: int, objective: Objective | None
    ) -> None:
        lowered = lower(graph, mode, batch, objective)
        self.program = program = lowered.program
        self.gradients = lowered.gradients
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
            threads=session.get_threads(),
        )
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
        self.core.bind(lowered.arrays)


def _prepared(
    inputs: tuple[np.ndarray, ...], indices: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray]:
    """Arrays that the core can read where they lie, else this batch's images gathered."""
    if all(_readable(array) for array in inputs):
        return list(inputs), np.ascontiguousarray(indices, np.int64)
    gathered = [np.ascontiguousarray(array[indices], np.float32) for array in inputs]
    return gathered, np.arange(len(indices), dtype=np.int64)


def _readable(array: np.ndarray) -> bool:
    """Native byte order, a number type that the core knows, and each image in one piece."""
    return (
        array.dtype.isnative
        and (array.dtype.kind in "iub" or array.dtype in (np.float32, np.float64))
        and (array.flags.c_contiguous or (len(array) > 0 and array[0].flags.c_contiguous))
    )
