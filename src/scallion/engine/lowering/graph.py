"""Lowering: a graph becomes a program, once per mode and batch size."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scallion.engine.interface import Objective
from scallion.engine.layer_order import require_preprocessing_first
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.fusion import FUSED
from scallion.engine.lowering.base.rule import LoweringRule
from scallion.engine.lowering.losses import GIVEN_GRADIENT, lower_loss
from scallion.engine.lowering.optimizers import lower_update, update_row
from scallion.engine.operations import lowering_rule
from scallion.engine.programs.planning import plan
from scallion.engine.programs.program import Program
from scallion.graph import Graph
from scallion.layers.base.tensor import Node

Mode = Literal["train", "test", "predict", "forward", "call"]
"""A training step; losses without an update; inference; the forward pass of training; and that of a
call in which each layer's own mode counts."""

_TRAINING: dict[Mode, bool | None] = {"train": True, "forward": True, "call": None}


@dataclass(frozen=True)
class LoweredGraph:
    """A program and the arrays that it works on.

    `gradients` are those of the arrays that each step leaves the gradients in, where the optimizer
    updates in NumPy.
    """

    program: Program
    arrays: list[np.ndarray]
    gradients: list[np.ndarray] | None = None


def lower(graph: Graph, mode: Mode, batch: int, objective: Objective | None = None) -> LoweredGraph:
    """Return the program for batches of at most `batch` images.

    Raises UnsupportedError for layers and losses that the native engine does not compute, and for
    preprocessing that follows trainable layers.
    """
    if mode == "train":
        require_preprocessing_first(graph)
    context = LoweringContext(graph, training=_TRAINING.get(mode, False), batch=batch)
    if mode == "train" and objective is not None:
        context.gradients_as_arrays = update_row(objective.optimizer) is None
    for node in graph.nodes:
        context.layer = node.layer.name
        context.values[node.output] = _rule(context, node).forward(context, node)
    outputs = [context.values[tensor] for tensor in graph.outputs]
    for number, buffer in enumerate(outputs):
        context.emit("output", {"x": buffer}, {}, index=number)
    gradients = None
    if objective is not None and mode in ("train", "test"):
        for number in range(len(outputs)):
            lower_loss(context, number, objective)
        if mode == "train":
            _lower_backward(context, graph)
            context.body += context.epilogue
            gradients = lower_update(context, objective.optimizer)
    losses = len(outputs) if mode in ("train", "test") else 0
    # Instructions that run once come first: packing may wait for a folded normalization.
    prologue = sorted(context.prologue, key=lambda one: one.parts)
    program = plan(prologue + context.body, batch, losses, outputs, updates_weights=mode == "train")
    program.pause = _first_segment_with(GIVEN_GRADIENT, program)
    return LoweredGraph(program, context.arrays, gradients)


def _first_segment_with(kind: str, program: Program) -> int:
    """Return the first segment with an instruction of this kind, 0 if there is none."""
    for number, segment in enumerate(program.segments):
        if any(one.kind == kind for one in segment.instructions):
            return number
    return 0


def _lower_backward(context: LoweringContext, graph: Graph) -> None:
    for node in reversed(graph.nodes):
        backward = _rule(context, node).backward
        if node.output in context.gradients and backward is not None:
            context.layer = node.layer.name
            backward(context, node)


def _rule(context: LoweringContext, node: Node) -> LoweringRule:
    return FUSED if node in context.fused_into else lowering_rule(node)
