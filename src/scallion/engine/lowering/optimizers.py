"""The end of a training step: merging lanes, penalties, clipping, and the optimizer's update."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.programs.program import Attributes, Buffer, Scope
from scallion.layers.base.layer import Variable
from scallion.optimizers import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

_PARTS = 16

_Row = tuple[str, Attributes]


def _sgd(optimizer: SGD) -> _Row:
    momentum = float(optimizer.momentum)
    return "sgd", {"momentum": momentum, "nesterov": int(optimizer.nesterov)}


def _adam(optimizer: Adam) -> _Row:
    return "adam", {
        "one_minus_beta_1": 1.0 - optimizer.beta_1,
        "one_minus_beta_2": 1.0 - optimizer.beta_2,
        "epsilon": float(optimizer.epsilon),
    }


def _rmsprop(optimizer: RMSprop) -> _Row:
    return "rmsprop", {
        "rho": float(optimizer.rho),
        "one_minus_rho": 1.0 - optimizer.rho,
        "momentum": float(optimizer.momentum),
        "epsilon": float(optimizer.epsilon),
    }


def _adagrad(optimizer: Adagrad) -> _Row:
    return "adagrad", {"epsilon": float(optimizer.epsilon)}


OPTIMIZERS: dict[type[Optimizer], Callable[[Any], _Row]] = {
    SGD: _sgd,
    Adagrad: _adagrad,
    Adam: _adam,
    AdamW: _adam,
    RMSprop: _rmsprop,
}
"""The native engine's operation for an optimizer: a function that returns kind and attributes.

An optimizer that is missing here updates in NumPy, by its own `update`, after each native step.
"""


def lower_update(context: LoweringContext, optimizer: Optimizer) -> list[np.ndarray] | None:
    """Emit everything from the lanes' gradients to updated weights.

    Returns None, or, for an optimizer that updates in NumPy, the arrays that each step leaves the
    gradients in.
    """
    row = update_row(optimizer)
    variables = optimizer.variables
    if row is None:
        return [context.arrays[_merged(context, variable).offset] for variable in variables]
    limit = optimizer.clipnorm or optimizer.global_clipnorm
    if not limit:
        for place, variable in enumerate(variables):
            _emit_update(context, optimizer, place, _merged(context, variable), row)
        return None
    gradients = [_merged(context, variable) for variable in variables]
    squares = Buffer("squares", _PARTS * len(variables), Scope.SHARED)
    for place, gradient in enumerate(gradients):
        _emit(context, "sum_of_squares", gradient, {"squares": squares}, offset=place * _PARTS)
    for place, gradient in enumerate(gradients):
        # The norm of one gradient sums its own parts' squares, the global norm those of all.
        is_own = bool(optimizer.clipnorm)
        context.emit(
            "clip_by_norm", {"squares": squares}, {"gradient": gradient},
            parts=_PARTS, barrier="" if place else "before", size=gradient.size, limit=limit,
            offset=place * _PARTS if is_own else 0, count=_PARTS if is_own else squares.size,
        )  # fmt: skip
        _emit_update(context, optimizer, place, gradient, row)
    return None


def _merged(context: LoweringContext, variable: Variable) -> Buffer:
    """Emit a weight's gradient over the whole batch, with that of its penalty."""
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
        l1, l2 = variable.spec.regularizer.coefficients
        reads = {"w": context.weight(variable)}
        context.emit(
            "regularize", reads, {"gradient": gradient}, parts=_PARTS, size=gradient.size,
            l1=l1, l2=2 * l2,
        )  # fmt: skip
    return gradient


def _emit(
    context: LoweringContext,
    kind: str,
    gradient: Buffer,
    writes: dict[str, Buffer],
    **attributes: Any,
) -> None:
    context.emit(
        kind, {"gradient": gradient}, writes, parts=_PARTS, size=gradient.size, **attributes
    )


def _emit_update(
    context: LoweringContext,
    optimizer: Optimizer,
    place: int,
    gradient: Buffer,
    row: _Row,
) -> None:
    """Emit the update of one weight, in the order of `Optimizer.update`."""
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
        decay = float(optimizer.weight_decay or 0.0)
        context.emit("weight_decay", {}, {"w": w}, parts=_PARTS, size=size, decay=decay)
    kind, attributes = row
    _emit(context, kind, gradient, {"w": w, **slots}, **attributes)
    if average is not None:
        context.emit("moving_average", {}, {"w": w, "average": average}, parts=_PARTS, size=size)


def update_row(optimizer: Optimizer) -> _Row | None:
    """Return the core's operation for an optimizer and its attributes; None for NumPy."""
    if optimizer.gradient_accumulation_steps:
        return None
    row = OPTIMIZERS.get(type(optimizer))
    return None if row is None else row(optimizer)


def scalars(optimizer: Optimizer) -> list[float]:
    """Return the values that the update needs anew in each step.

    `native/operations/weight_decay.cpp` documents them.
    """
    rate = optimizer.learning_rate
    own = float(optimizer.step_size()) if isinstance(optimizer, Adam) else rate
    if not optimizer.use_ema:
        return [own, rate]
    frequency = optimizer.ema_overwrite_frequency
    overwrites = bool(frequency) and (optimizer.iterations + 1) % frequency == 0
    return [own, rate, optimizer.ema_momentum if optimizer.iterations else 0.0, float(overwrites)]
