"""The time of a step, instruction by instruction."""

from dataclasses import dataclass

import numpy as np

from scallion.engine.interface import Objective
from scallion.engine.lowering.graph import Mode
from scallion.engine.lowering.optimizers import scalars
from scallion.engine.programs.compiled_program import CompiledProgram
from scallion.engine.programs.program import Instruction, Program
from scallion.graph import Graph
from scallion.losses import SparseCategoricalCrossentropy


@dataclass(frozen=True, slots=True)
class TimedInstruction:
    """An instruction and the seconds that it took, for all images of the batch."""

    segment: int
    instruction: Instruction
    seconds: float


def profile(
    graph: Graph, mode: Mode, batch: int, objective: Objective | None = None, rounds: int = 3
) -> tuple[Program, list[TimedInstruction]]:
    """Run steps on one thread with random images, and return each instruction's shortest time.

    Weights and optimizer state are copied, so they do not change.
    """
    compiled = CompiledProgram(graph, mode, batch, objective, copy_arrays=True)
    random = np.random.default_rng(0)
    inputs = [random.random((batch, *t.image_shape), dtype=np.float32) for t in graph.inputs]
    targets: list[np.ndarray] = []
    step_scalars: list[float] = []
    if objective is not None and mode != "predict":
        for tensor, loss in zip(graph.outputs, objective.losses, strict=True):
            # Random labels: with equal ones the network would soon be certain and gradients vanish.
            *predictions, classes = batch, *tensor.image_shape
            if isinstance(loss, SparseCategoricalCrossentropy):
                targets.append(random.integers(0, classes, predictions))
            else:
                targets.append(random.random((*predictions, classes), dtype=np.float32))
        if mode == "train":
            objective.optimizer.build(graph.trainable_weights)
            step_scalars = scalars(objective.optimizer)
    indices = np.arange(batch, dtype=np.int64)
    times = [compiled.profile(inputs, indices, targets, step_scalars) for _ in range(rounds + 1)]
    shortest = np.min(times[1:], axis=0)
    program = compiled.program
    instructions = [
        (number, instruction)
        for number, segment in enumerate(program.segments)
        for instruction in segment.instructions
    ]
    return program, [
        TimedInstruction(number, instruction, float(seconds))
        for (number, instruction), seconds in zip(instructions, shortest, strict=True)
    ]
