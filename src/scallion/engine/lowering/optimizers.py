"""Lowering of what ends a step: the sum over lanes, what is done to gradients, the optimizer."""

from math import prod
from typing import Any

import numpy as np

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.program import Attributes, Buffer, Scope
from scallion.layers.layer import Variable
from scallion.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

_PARTS = 16


def updates(context: LoweringContext, optimizer: Optimizer) -> list[np.ndarray] | None:
    """Add up the lanes' gradients and let the weights follow them.

    What the core has no formula for, the optimizer does itself: then the gradients come back, in
    arrays that each step fills.
    """
    row = update_row(optimizer)
    variables = optimizer.variables
    if row is None:
        return [context.arrays[_merged(context, variable).offset] for variable in variables]
    limit = optimizer.clipnorm or optimizer.global_clipnorm
    if not limit:
        for place, variable in enumerate(variables):
            _update(context, optimizer, place, _merged(context, variable), row)
        return None
    gradients = [_merged(context, variable) for variable in variables]
    squares = Buffer("squares", _PARTS * len(variables), Scope.SHARED)
    for place, gradient in enumerate(gradients):
        _row(context, "sum_of_squares", gradient, {"squares": squares}, offset=place * _PARTS)
    for place, gradient in enumerate(gradients):
        # The norm of one array is that of its own parts' squares, the global one that of all.
        own = bool(optimizer.clipnorm)
        context.emit(
            "clip_by_norm", {"squares": squares}, {"gradient": gradient},
            parts=_PARTS, meets="" if place else "before", size=gradient.size, limit=limit,
            offset=place * _PARTS if own else 0, count=_PARTS if own else squares.size,
        )  # fmt: skip
        _update(context, optimizer, place, gradient, row)
    return None


def _merged(context: LoweringContext, variable: Variable) -> Buffer:
    context.layer = variable.path
    gradient = context.merged_gradient(variable)
    lanes = context.lane_gradients.get(variable)
    if lanes is not None:
        context.emit(
            "sum_lanes",
            {"lanes": lanes},
            {"gradient": gradient},
            parts=_PARTS,
            size=gradient.size,
        )
    if variable.spec.regularizer is not None:
        one, two = variable.spec.regularizer.factors
        reads = {"w": context.weight(variable)}
        context.emit(
            "regularize", reads, {"gradient": gradient}, parts=_PARTS, size=gradient.size,
            l1=one, l2=2 * two,
        )  # fmt: skip
    return gradient


def _row(
    context: LoweringContext,
    kind: str,
    gradient: Buffer,
    writes: dict[str, Buffer],
    **values: Any,
) -> None:
    context.emit(kind, {"gradient": gradient}, writes, parts=_PARTS, size=gradient.size, **values)


def _update(
    context: LoweringContext,
    optimizer: Optimizer,
    place: int,
    gradient: Buffer,
    row: tuple[str, Attributes],
) -> None:
    """What happens to one weight, in the order in which `Optimizer.update` does it."""
    variable = optimizer.variables[place]
    context.layer = variable.path
    w, size = context.weight(variable), prod(variable.shape)
    slots = {
        name: context.external(f"{variable.path} {name}", arrays[place])
        for name, arrays in optimizer.slots.items()
    }
    average = slots.pop("average", None)
    if optimizer.clipvalue:
        limit = optimizer.clipvalue
        context.emit(
            "clip_by_value", {}, {"gradient": gradient}, parts=_PARTS, size=size, limit=limit
        )
    if optimizer.decays(variable):
        share = float(optimizer.weight_decay or 0.0)
        context.emit("weight_decay", {}, {"w": w}, parts=_PARTS, size=size, decay=share)
    kind, values = row
    _row(context, kind, gradient, {"w": w, **slots}, **values)
    if average is not None:
        context.emit("moving_average", {}, {"w": w, "average": average}, parts=_PARTS, size=size)


def update_row(optimizer: Optimizer) -> tuple[str, Attributes] | None:
    """The core's operation for an optimizer and its numbers; None where it has none."""
    if optimizer.gradient_accumulation_steps:
        return None
    if type(optimizer) is SGD:
        return "sgd", {"momentum": float(optimizer.momentum), "nesterov": int(optimizer.nesterov)}
    if type(optimizer) in (Adam, AdamW) and isinstance(optimizer, Adam):
        return "adam", {
            "one_minus_beta_1": 1.0 - optimizer.beta_1,
            "one_minus_beta_2": 1.0 - optimizer.beta_2,
            "epsilon": float(optimizer.epsilon),
        }
    if type(optimizer) is RMSprop:
        return "rmsprop", {
            "rho": float(optimizer.rho),
            "one_minus_rho": 1.0 - optimizer.rho,
            "momentum": float(optimizer.momentum),
            "epsilon": float(optimizer.epsilon),
        }
    if type(optimizer) is Adagrad:
        return "adagrad", {"epsilon": float(optimizer.epsilon)}
    return None


def scalars(optimizer: Optimizer) -> list[float]:
    """What the optimizer's rows want to know anew at each step; see `operations/limits.cpp`."""
    rate = optimizer.learning_rate
    own = float(optimizer.step_size()) if isinstance(optimizer, Adam) else rate
    if not optimizer.use_ema:
        return [own, rate]
    frequency = optimizer.ema_overwrite_frequency
    overwrites = bool(frequency) and (optimizer.iterations + 1) % frequency == 0
    return [own, rate, optimizer.ema_momentum if optimizer.iterations else 0.0, float(overwrites)]
