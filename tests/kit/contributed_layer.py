"""The worked example of a new layer, Softshrink, file by file, as CONTRIBUTING.md shows it.

The imports above each part exist in its file already, or are added there.
"""

from dataclasses import dataclass
from math import prod
from typing import ClassVar, Unpack

import numpy as np

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.rule import LoweringRule
from scallion.engine.operations import Operation
from scallion.engine.programs.program import Buffer
from scallion.engine.reference.layer_call import ForwardResult, LayerCall
from scallion.layers.base.argument_checks import checked_float
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Family, Spec
from scallion.layers.base.tensor import Node

# src/scallion/layers/activation.py


@dataclass(frozen=True, slots=True, eq=False)
class SoftshrinkSpec(Spec):
    """Return x moved towards 0 by `threshold`, and 0 between -threshold and threshold."""

    family: ClassVar[Family] = "activation"

    threshold: float = 0.5


class Softshrink(Layer):
    """Soft shrinkage: x -> sign(x) * max(|x| - threshold, 0)."""

    spec: SoftshrinkSpec

    def __init__(self, threshold: float = 0.5, **options: Unpack[LayerOptions]) -> None:
        spec = SoftshrinkSpec(checked_float("threshold", threshold, least=0))
        super().__init__(spec, **options)


# src/scallion/layers/__init__.py: import Softshrink, and add "Softshrink" to __all__

# src/scallion/engine/reference/activations.py


def softshrink(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute sign(x) * max(|x| - threshold, 0)."""
    threshold = x.dtype.type(call.spec.threshold)
    y = np.sign(x) * np.maximum(np.abs(x) - threshold, 0)
    return ForwardResult(y, lambda dy: ([dy * (np.abs(x) > threshold)], {}))


# src/scallion/engine/lowering/softshrink.py


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower softshrink to existing operations: relu(x - threshold) - relu(-x - threshold)."""
    x = context.values[node.inputs[0]]
    offset = -node.layer.spec.threshold  # pyright: ignore[reportAttributeAccessIssue]
    saved: dict[str, Buffer] = {}
    for name, sign in (("positive", 1.0), ("negative", -1.0)):
        shifted, saved[name] = (context.image(name, x.size) for _ in range(2))
        context.emit("rescale", {"x": x}, {"y": shifted}, scale=sign, offset=offset)
        context.emit("relu", {"x": shifted}, {"y": saved[name]})
    context.saved[node] = saved
    y = context.image("y", prod(node.output.image_shape))
    context.emit("subtract", {"a": saved["positive"], "b": saved["negative"]}, {"y": y})
    return y


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient: dy where one of the two relus is active."""
    dy, x = context.gradients[node.output], node.inputs[0]
    for name in ("positive", "negative"):
        reads = {"y": context.saved[node][name], "dy": dy}
        context.emit_gradient(x, lambda dx, reads=reads: context.emit("relu_dx", reads, {"dx": dx}))


# src/scallion/engine/operations.py: a row of OPERATIONS

SOFTSHRINK = {SoftshrinkSpec: Operation(softshrink, LoweringRule(forward, backward))}
