"""Lowering: a graph becomes a program, once for each batch size.

Each layer has a rule of two functions: `forward` emits rows and returns the buffer of the output;
`backward` finds the output's gradient in the context and hands gradients to inputs and weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np

from scallion.engine.interface import Objective
from scallion.engine.lowering import (
    augmentation,
    convolution,
    dense,
    depthwise,
    elementwise,
    fusion,
    merging,
    noise,
    normalization,
    pooling,
    preprocessing,
    reshaping,
    slope,
    softening,
    update,
)
from scallion.engine.lowering.context import Context
from scallion.engine.lowering.losses import lower_loss
from scallion.engine.order import require_order
from scallion.engine.planning import plan
from scallion.engine.program import Buffer, Program
from scallion.errors import UnsupportedError
from scallion.graph import Graph
from scallion.layers.activation import (
    Bending,
    Elementwise,
    Leaking,
    LearningSlope,
    Rectifying,
    Scaling,
    Softening,
    Tilting,
)
from scallion.layers.augmentation import (
    Brightening,
    Contrasting,
    Erasing,
    Flipping,
    RandomCropping,
    Rotating,
    Translating,
    Zooming,
)
from scallion.layers.convolution import Convolution
from scallion.layers.core import Flattening, Linear
from scallion.layers.depthwise import Depthwise, Separable
from scallion.layers.entry import Entry
from scallion.layers.merging import (
    Adding,
    Averaging,
    Joining,
    Maximizing,
    Minimizing,
    Multiplying,
    Subtracting,
)
from scallion.layers.normalization import Normalizing
from scallion.layers.pooling import (
    AveragePooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
)
from scallion.layers.preprocessing import CenterCropping, Sizing, Standardizing
from scallion.layers.regularization import (
    Dropping,
    DroppingChannels,
    DroppingLow,
    Noising,
    Scattering,
)
from scallion.layers.reshaping import Cropping, Enlarging, Permuting, Reshaping, ZeroPadding
from scallion.layers.spec import Spec
from scallion.layers.tensor import Node

Mode = Literal["train", "test", "predict", "forward", "call"]
"""A step of training; without learning; at prediction; the way forward of training; and the way
forward of a call that does not say whether it trains."""

Rule = tuple[Callable[[Context, Node], Buffer], Callable[[Context, Node], None]]

_ALIAS: Rule = (fusion.alias_forward, fusion.alias_backward)


_TRAINING: dict[Mode, bool | None] = {"train": True, "forward": True, "call": None}


def _rules() -> dict[type[Spec], Rule]:
    return {
        Convolution: (convolution.forward, convolution.backward),
        Depthwise: (depthwise.forward, depthwise.backward),
        Linear: (dense.forward, dense.backward),
        Separable: (depthwise.separable_forward, depthwise.separable_backward),
        **dict.fromkeys(
            (Adding, Averaging, Maximizing, Minimizing, Multiplying, Subtracting),
            (merging.forward, merging.backward),
        ),
        Joining: (merging.join_forward, merging.join_backward),
        **dict.fromkeys(
            (Cropping, Enlarging, Permuting, ZeroPadding), (reshaping.forward, reshaping.backward)
        ),
        **dict.fromkeys(
            (Dropping, DroppingChannels, DroppingLow, Noising, Scattering),
            (noise.forward, noise.backward),
        ),
        Reshaping: (elementwise.same_forward, elementwise.same_backward),
        AveragePooling: (pooling.average_forward, pooling.average_backward),
        GlobalAveragePooling: (pooling.global_average_forward, pooling.global_average_backward),
        GlobalMaxPooling: (pooling.global_max_forward, pooling.global_max_backward),
        MaxPooling: (pooling.max_forward, pooling.max_backward),
        LearningSlope: (slope.forward, slope.backward),
        Scaling: (elementwise.scaling_forward, elementwise.scaling_backward),
        Softening: (softening.forward, softening.backward),
        Normalizing: (normalization.forward, normalization.backward),
        **dict.fromkeys(
            (
                Brightening,
                Contrasting,
                Erasing,
                Flipping,
                RandomCropping,
                Rotating,
                Translating,
                Zooming,
            ),
            (augmentation.forward, preprocessing.backward),
        ),
        CenterCropping: (preprocessing.crop_from_the_middle, preprocessing.backward),
        Sizing: (preprocessing.size_forward, preprocessing.backward),
        Standardizing: (preprocessing.standardize_forward, preprocessing.backward),
        Flattening: (elementwise.same_forward, elementwise.same_backward),
        **dict.fromkeys(
            (Bending, Elementwise, Leaking, Rectifying, Tilting),
            (elementwise.activation_forward, elementwise.activation_backward),
        ),
    }


@dataclass(frozen=True)
class Lowered:
    """A program, the arrays that it works on, and, where the optimizer updates by itself, those
    of them that each step leaves the gradients in."""

    program: Program
    arrays: list[np.ndarray]
    gradients: list[np.ndarray] | None = None


def lower(graph: Graph, mode: Mode, batch: int, objective: Objective | None = None) -> Lowered:
    """The program for batches of at most `batch` images."""
    if mode == "train":
        require_order(graph)
    context = Context(graph, training=_TRAINING.get(mode, False), batch=batch)
    if mode == "train" and objective is not None:
        context.gradients_as_arrays = update.update_row(objective.optimizer) is None
    rules = _rules()
    for node in graph.nodes:
        context.layer = node.layer.name
        if isinstance(node.layer.spec, Entry):
            context.values[node.output] = _input(context, graph, node)
            continue
        context.values[node.output] = _rule(context, rules, node)[0](context, node)
    outputs = [context.values[tensor] for tensor in graph.outputs]
    for number, buffer in enumerate(outputs):
        context.emit("output", {"x": buffer}, {}, number=number)
    gradients = None
    if objective is not None and mode in ("train", "test"):
        for number in range(len(outputs)):
            lower_loss(context, number, objective)
        if mode == "train":
            _backward(context, graph, rules)
            context.body += context.later
            gradients = update.updates(context, objective.optimizer)
    losses = len(outputs) if mode in ("train", "test") else 0
    # What is done once goes first: packing may wait for a normalization to be folded in.
    prologue = sorted(context.prologue, key=lambda row: row.parts)
    program = plan(prologue + context.body, batch, losses, outputs, learns=mode == "train")
    return Lowered(program, context.arrays, gradients)


def _input(context: Context, graph: Graph, node: Node) -> Buffer:
    y = context.image("y", prod(node.output.image_shape))
    number = graph.inputs.index(node.output)
    # What is trained on was looked at before; what is asked about is read but once.
    checked = int(context.training is False)
    context.emit("input", {}, {"y": y}, number=number, factor=1.0, shift=0.0, checked=checked)
    return y


def _backward(context: Context, graph: Graph, rules: dict[type[Spec], Rule]) -> None:
    for node in reversed(graph.nodes):
        if node.output in context.gradients and not isinstance(node.layer.spec, Entry):
            context.layer = node.layer.name
            _rule(context, rules, node)[1](context, node)


def _rule(context: Context, rules: dict[type[Spec], Rule], node: Node) -> Rule:
    if node in context.aliases:
        return _ALIAS
    if type(node.layer.spec) not in rules:
        raise UnsupportedError(
            f"the native engine has no {type(node.layer).__name__} (layer {node.layer.name!r})",
            hint="SCALLION_ENGINE=reference runs it, slowly",
        )
    return rules[type(node.layer.spec)]
