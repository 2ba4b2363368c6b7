"""Lowering rules: how one kind of layer becomes instructions."""

from collections.abc import Callable
from dataclasses import dataclass

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.programs.program import Buffer
from scallion.layers.base.tensor import Node


@dataclass(frozen=True, slots=True)
class LoweringRule:
    """The two functions that lower a call of a layer.

    `forward` emits instructions and returns the buffer of the output. `backward` reads the output's
    gradient from the context and adds gradients of inputs and weights to it; None for layers that
    pass no gradient back.
    """

    forward: Callable[[LoweringContext, Node], Buffer]
    backward: Callable[[LoweringContext, Node], None] | None
