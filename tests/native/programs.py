"""Write serialised programs of many networks, in every mode, to FOLDER: what fuzz.cpp damages."""

import sys
from pathlib import Path
from typing import get_args

sys.path[:0] = [str(Path(__file__).parents[1] / "kit")]

# ruff: noqa: E402 (the line above makes tests/kit importable)
from network_cases import CASES
from networks import fill, objective
from scallion import losses, optimizers
from scallion.engine import Objective
from scallion.engine.lowering.graph import Mode
from scallion.engine.programs.compiled_program import CompiledProgram
from scallion.optimizers import Optimizer

BATCHES = (1, 5, 17, 33)


def optimizer(number: int) -> Optimizer:
    """Return one of a few optimizers, which together have all operations."""
    return (
        lambda: optimizers.SGD(0.1, momentum=0.5),
        lambda: optimizers.Adam(0.1, amsgrad=True, clipnorm=1.0, use_ema=True),
        lambda: optimizers.RMSprop(0.1, momentum=0.5, centered=True, clipvalue=0.5),
        lambda: optimizers.Adagrad(0.1, weight_decay=0.01),
    )[number % 4]()


def main(folder: Path) -> None:
    """Write each network's program for training, and for one more mode."""
    folder.mkdir(parents=True, exist_ok=True)
    modes = get_args(Mode)
    for number, case in enumerate(CASES):
        graph = case.make()
        fill(graph)
        goal = objective(graph, optimizer(number))
        if number % 3 == 0:
            sparse = [losses.SparseCategoricalCrossentropy(from_logits=True) for _ in goal.losses]
            goal = Objective(tuple(sparse), goal.loss_weights, goal.optimizer)
        goal.optimizer.build(graph.trainable_weights)
        for mode in dict.fromkeys((modes[number % len(modes)], "train")):
            program = CompiledProgram(graph, mode, BATCHES[number % len(BATCHES)], goal)
            (folder / f"{number:03}-{mode}").write_bytes(program.serialize())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
