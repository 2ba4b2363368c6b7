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
from scallion.engine.layer_order import require_preprocessing_first
from scallion.engine.lowering import (
    augmentation,
    convolution,
    dense,
    depthwise,
    elementwise,
    fusion,
    merging,
    normalization,
    optimizers,
    pooling,
    prelu,
    preprocessing,
    regularization,
    reshaping,
    softmax,
)
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.losses import lower_loss
from scallion.engine.planning import plan
from scallion.engine.program import Buffer, Program
from scallion.errors import UnsupportedError
from scallion.graph import Graph
from scallion.layers.activation import (
    ActivationSpec,
    ELUSpec,
    GeluSpec,
    LeakyReLUSpec,
    PReLUSpec,
    ReLUSpec,
    RescalingSpec,
    SoftmaxSpec,
)
from scallion.layers.augmentation import (
    RandomBrightnessSpec,
    RandomContrastSpec,
    RandomCropSpec,
    RandomErasingSpec,
    RandomFlipSpec,
    RandomRotationSpec,
    RandomTranslationSpec,
    RandomZoomSpec,
)
from scallion.layers.convolution import Conv2DSpec
from scallion.layers.dense import DenseSpec, FlattenSpec
from scallion.layers.depthwise import DepthwiseConv2DSpec, SeparableConv2DSpec
from scallion.layers.input_layer import InputLayerSpec
from scallion.layers.merging import (
    AddSpec,
    AverageSpec,
    ConcatenateSpec,
    MaximumSpec,
    MinimumSpec,
    MultiplySpec,
    SubtractSpec,
)
from scallion.layers.normalization import BatchNormalizationSpec
from scallion.layers.pooling import (
    AveragePooling2DSpec,
    GlobalAveragePooling2DSpec,
    GlobalMaxPooling2DSpec,
    MaxPooling2DSpec,
)
from scallion.layers.preprocessing import CenterCropSpec, NormalizationSpec, ResizingSpec
from scallion.layers.regularization import (
    AlphaDropoutSpec,
    DropoutSpec,
    GaussianDropoutSpec,
    GaussianNoiseSpec,
    SpatialDropout2DSpec,
)
from scallion.layers.reshaping import (
    Cropping2DSpec,
    PermuteSpec,
    ReshapeSpec,
    UpSampling2DSpec,
    ZeroPadding2DSpec,
)
from scallion.layers.spec import Spec
from scallion.layers.tensor import Node

Mode = Literal["train", "test", "predict", "forward", "call"]
"""A step of training; without learning; at prediction; the way forward of training; and the way
forward of a call that does not say whether it trains."""

Rule = tuple[Callable[[LoweringContext, Node], Buffer], Callable[[LoweringContext, Node], None]]

_ALIAS: Rule = (fusion.alias_forward, fusion.alias_backward)


_TRAINING: dict[Mode, bool | None] = {"train": True, "forward": True, "call": None}


def _rules() -> dict[type[Spec], Rule]:
    return {
        Conv2DSpec: (convolution.forward, convolution.backward),
        DepthwiseConv2DSpec: (depthwise.forward, depthwise.backward),
        DenseSpec: (dense.forward, dense.backward),
        SeparableConv2DSpec: (depthwise.separable_forward, depthwise.separable_backward),
        **dict.fromkeys(
            (AddSpec, AverageSpec, MaximumSpec, MinimumSpec, MultiplySpec, SubtractSpec),
            (merging.forward, merging.backward),
        ),
        ConcatenateSpec: (merging.join_forward, merging.join_backward),
        **dict.fromkeys(
            (Cropping2DSpec, UpSampling2DSpec, PermuteSpec, ZeroPadding2DSpec),
            (reshaping.forward, reshaping.backward),
        ),
        **dict.fromkeys(
            (
                DropoutSpec,
                SpatialDropout2DSpec,
                AlphaDropoutSpec,
                GaussianNoiseSpec,
                GaussianDropoutSpec,
            ),
            (regularization.forward, regularization.backward),
        ),
        ReshapeSpec: (elementwise.same_forward, elementwise.same_backward),
        AveragePooling2DSpec: (pooling.average_forward, pooling.average_backward),
        GlobalAveragePooling2DSpec: (
            pooling.global_average_forward,
            pooling.global_average_backward,
        ),
        GlobalMaxPooling2DSpec: (pooling.global_max_forward, pooling.global_max_backward),
        MaxPooling2DSpec: (pooling.max_forward, pooling.max_backward),
        PReLUSpec: (prelu.forward, prelu.backward),
        RescalingSpec: (elementwise.scaling_forward, elementwise.scaling_backward),
        SoftmaxSpec: (softmax.forward, softmax.backward),
        BatchNormalizationSpec: (normalization.forward, normalization.backward),
        **dict.fromkeys(
            (
                RandomBrightnessSpec,
                RandomContrastSpec,
                RandomErasingSpec,
                RandomFlipSpec,
                RandomCropSpec,
                RandomRotationSpec,
                RandomTranslationSpec,
                RandomZoomSpec,
            ),
            (augmentation.forward, preprocessing.backward),
        ),
        CenterCropSpec: (preprocessing.crop_from_the_middle, preprocessing.backward),
        ResizingSpec: (preprocessing.size_forward, preprocessing.backward),
        NormalizationSpec: (preprocessing.standardize_forward, preprocessing.backward),
        FlattenSpec: (elementwise.same_forward, elementwise.same_backward),
        **dict.fromkeys(
            (ELUSpec, ActivationSpec, LeakyReLUSpec, ReLUSpec, GeluSpec),
            (elementwise.activation_forward, elementwise.activation_backward),
        ),
    }


@dataclass(frozen=True)
class LoweredGraph:
    """A program, the arrays that it works on, and, where the optimizer updates by itself, those
    of them that each step leaves the gradients in."""

    program: Program
    arrays: list[np.ndarray]
    gradients: list[np.ndarray] | None = None


def lower(graph: Graph, mode: Mode, batch: int, objective: Objective | None = None) -> LoweredGraph:
    """The program for batches of at most `batch` images."""
    if mode == "train":
        require_preprocessing_first(graph)
    context = LoweringContext(graph, training=_TRAINING.get(mode, False), batch=batch)
    if mode == "train" and objective is not None:
        context.gradients_as_arrays = optimizers.update_row(objective.optimizer) is None
    rules = _rules()
    for node in graph.nodes:
        context.layer = node.layer.name
        if isinstance(node.layer.spec, InputLayerSpec):
            context.values[node.output] = _input(context, graph, node)
            continue
        context.values[node.output] = _rule(context, rules, node)[0](context, node)
    outputs = [context.values[tensor] for tensor in graph.outputs]
    for number, buffer in enumerate(outputs):
        context.emit("output", {"x": buffer}, {}, index=number)
    gradients = None
    if objective is not None and mode in ("train", "test"):
        for number in range(len(outputs)):
            lower_loss(context, number, objective)
        if mode == "train":
            _backward(context, graph, rules)
            context.body += context.later
            gradients = optimizers.updates(context, objective.optimizer)
    losses = len(outputs) if mode in ("train", "test") else 0
    # What is done once goes first: packing may wait for a normalization to be folded in.
    prologue = sorted(context.prologue, key=lambda row: row.parts)
    program = plan(prologue + context.body, batch, losses, outputs, learns=mode == "train")
    return LoweredGraph(program, context.arrays, gradients)


def _input(context: LoweringContext, graph: Graph, node: Node) -> Buffer:
    y = context.image("y", prod(node.output.image_shape))
    number = graph.inputs.index(node.output)
    # What is trained on was looked at before; what is asked about is read but once.
    checked = int(context.training is False)
    context.emit("input", {}, {"y": y}, index=number, scale=1.0, offset=0.0, check_finite=checked)
    return y


def _backward(context: LoweringContext, graph: Graph, rules: dict[type[Spec], Rule]) -> None:
    for node in reversed(graph.nodes):
        if node.output in context.gradients and not isinstance(node.layer.spec, InputLayerSpec):
            context.layer = node.layer.name
            _rule(context, rules, node)[1](context, node)


def _rule(context: LoweringContext, rules: dict[type[Spec], Rule], node: Node) -> Rule:
    if node in context.aliases:
        return _ALIAS
    if type(node.layer.spec) not in rules:
        raise UnsupportedError(
            f"the native engine has no {type(node.layer).__name__} (layer {node.layer.name!r})",
            hint="SCALLION_ENGINE=reference runs it, slowly",
        )
    return rules[type(node.layer.spec)]
