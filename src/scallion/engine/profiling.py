"""Where the time of a step goes, operation by operation."""

from dataclasses import dataclass

import numpy as np

from scallion.engine.compiled_program import CompiledProgram
from scallion.engine.interface import Objective
from scallion.engine.lowering import Mode
from scallion.engine.lowering.optimizers import scalars
from scallion.engine.program import Instruction, Program
from scallion.graph import Graph
from scallion.losses import SparseCategoricalCrossentropy


@dataclass(frozen=True, slots=True)
class TimedInstruction:
    """A row of a program and the seconds that it took, for all images of the batch."""

    segment: int
    row: Instruction
    seconds: float


def profile(
    graph: Graph, mode: Mode, batch: int, objective: Objective | None = None, rounds: int = 3
) -> tuple[Program, list[TimedInstruction]]:
    """Run a step on one thread over made-up images; each row's fastest of some rounds.

    It works on copies: weights and optimizer stay as they are.
    """
    compiled = CompiledProgram(graph, mode, batch, objective, copy_arrays=True)
    random = np.random.default_rng(0)
    inputs = [random.random((batch, *t.image_shape), dtype=np.float32) for t in graph.inputs]
    targets: list[np.ndarray] = []
    numbers: list[float] = []
    if objective is not None and mode != "predict":
        for tensor, loss in zip(graph.outputs, objective.losses, strict=True):
            # Drawn: where all were of one class, the network would soon be sure and learn no more.
            *rows, classes = batch, *tensor.image_shape
            if isinstance(loss, SparseCategoricalCrossentropy):
                targets.append(random.integers(0, classes, rows))
            else:
                targets.append(random.random((*rows, classes), dtype=np.float32))
        if mode == "train":
            objective.optimizer.build(graph.trainable_weights)
            numbers = scalars(objective.optimizer)
    indices = np.arange(batch, dtype=np.int64)
    times = [compiled.profile(inputs, indices, targets, numbers) for _ in range(rounds + 1)]
    best = np.min(times[1:], axis=0)
    program = compiled.program
    rows = [(n, row) for n, segment in enumerate(program.segments) for row in segment.rows]
    return program, [
        TimedInstruction(n, row, float(seconds))
        for (n, row), seconds in zip(rows, best, strict=True)
    ]
