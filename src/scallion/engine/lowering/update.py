"""Lowering of what ends a step: the sum over lanes, the optimizer."""

from math import prod

import numpy as np

from scallion.engine.lowering.context import Context
from scallion.optimizers import SGD, Adam, Optimizer

_PARTS = 16


def updates(context: Context, optimizer: Optimizer) -> list[np.ndarray] | None:
    """Add up the lanes' gradients and let the weights follow them.

    What the core has no formula for, the optimizer does itself: then the gradients come back, in
    arrays that each step fills.
    """
    row = update_row(optimizer)
    gradients: list[np.ndarray] = []
    for place, variable in enumerate(optimizer.variables):
        context.layer = variable.path
        merged = context.merged_gradient(variable)
        size = prod(variable.shape)
        lanes = context.lane_gradients.get(variable)
        if lanes is not None:
            context.emit("merge", {"lanes": lanes}, {"gradient": merged}, parts=_PARTS, size=size)
        if row is None:
            gradients.append(context.arrays[merged.offset])
            continue
        writes = {"w": context.weight(variable)}
        for name, arrays in optimizer.slots.items():
            writes[name] = context.external(f"{variable.path} {name}", arrays[place])
        kind, values = row
        context.emit(kind, {"gradient": merged}, writes, parts=_PARTS, size=size, **values)
    return None if row is not None else gradients


def update_row(optimizer: Optimizer) -> tuple[str, dict[str, int | float]] | None:
    """The core's operation for an optimizer and its numbers; None where it has none."""
    if not optimizer.is_plain:
        return None
    if type(optimizer) is SGD:
        return "sgd", {"momentum": float(optimizer.momentum), "nesterov": int(optimizer.nesterov)}
    if type(optimizer) is Adam and not optimizer.amsgrad:
        return "adam", {
            "new_1": 1.0 - optimizer.beta_1,
            "new_2": 1.0 - optimizer.beta_2,
            "epsilon": float(optimizer.epsilon),
        }
    return None


def scalars(optimizer: Optimizer) -> list[float]:
    """What the optimizer's rows want to know anew at each step."""
    if isinstance(optimizer, Adam):
        return [float(optimizer.step_size())]
    return [optimizer.learning_rate]
