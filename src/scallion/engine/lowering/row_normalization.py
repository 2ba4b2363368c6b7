"""Lower layer, group and unit normalization, and sums and means over axes.

The core normalizes rows, so images are permuted into rows first.
"""

from math import prod

from scallion.engine.lowering.base.affine import emit_affine, emit_sum
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import (
    StridedCopy,
    broadcast,
    emit_copy,
    emit_copy_backward,
    permuted,
)
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.base.layer import Variable
from scallion.layers.base.spec import Shape
from scallion.layers.base.tensor import Node
from scallion.layers.operators.reduction import MeanSpec, ReductionSpec
from scallion.layers.operators.unit_normalization import NormSpec
from scallion.layers.row_normalization import RowNormalizationSpec


def _spec(node: Node) -> RowNormalizationSpec:
    spec = node.layer.spec
    if not isinstance(spec, RowNormalizationSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _last(shape: Shape, axes: tuple[int, ...]) -> StridedCopy | None:
    """Return the copy that makes these axes the last ones; None if they are."""
    rest = [axis for axis in range(len(shape)) if axis not in axes]
    order = [*rest, *axes]
    return None if order == list(range(len(shape))) else permuted(shape, order)


def _rows(node: Node) -> tuple[StridedCopy | None, int]:
    """Return the copy of an image into rows, and the length of a row."""
    spec, shape = _spec(node), node.input_shapes[0]
    sides, axes = spec.row_shape(shape), spec.row_axes(shape)
    return _last(sides, axes), prod(sides[axis] for axis in axes)


def _channels(node: Node) -> StridedCopy | None:
    """Return the copy that moves the axes of `gamma` and `beta` to the end."""
    shape = node.input_shapes[0]
    return _last(shape, _spec(node).affine_axes(shape))


def _copied(
    context: LoweringContext, x: Buffer, copy: StridedCopy | None, *, back: bool = False
) -> Buffer:
    if copy is None:
        return x
    y = context.image("permuted", x.size)
    emit_copy(context, x, y, copy.reversed if back else copy)
    return y


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower the normalization of rows, then scale and shift."""
    spec, weights = _spec(node), node.layer.weights_by_role()
    copy, size = _rows(node)
    x = _copied(context, context.values[node.inputs[0]], copy)
    y, inverse = context.image("y", x.size), context.image("inverse", x.size // size)
    context.emit(
        "normalize_rows", {"x": x}, {"y": y, "inverse": inverse}, size=size, epsilon=spec.epsilon
    )
    context.saved[node] = {"y": y, "inverse": inverse}
    y = _copied(context, y, copy, back=True)
    if not weights:
        return y
    gamma, beta = (
        context.weight(weights[name]) if name in weights else None for name in ("gamma", "beta")
    )
    y = _copied(context, y, _channels(node))
    context.saved[node]["normalized"] = y
    y = emit_affine(context, y, next(iter(weights.values())).spec.size, gamma, beta)
    return _copied(context, y, _channels(node), back=True)


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the gradients of weights and input."""
    weights, dy = node.layer.weights_by_role(), context.gradients[node.output]
    saved = context.saved[node]
    if weights:
        dy = _copied(context, dy, _channels(node))
        _emit_weight_gradients(context, node, weights, dy)
        if not context.needs_gradient(node.inputs[0]):
            return
        if "gamma" in weights:
            gamma = weights["gamma"]
            dy = emit_affine(context, dy, gamma.spec.size, context.weight(gamma), None)
        dy = _copied(context, dy, _channels(node), back=True)
    if not context.needs_gradient(node.inputs[0]):
        return
    copy, size = _rows(node)
    dy = _copied(context, dy, copy)
    dx = context.image("dx", dy.size)
    reads = {"y": saved["y"], "dy": dy, "inverse": saved["inverse"]}
    context.emit("normalize_rows_dx", reads, {"dx": dx}, size=size)
    context.accumulate_gradient(node.inputs[0], _copied(context, dx, copy, back=True))


def _emit_weight_gradients(
    context: LoweringContext, node: Node, weights: dict[str, Variable], dy: Buffer
) -> None:
    """Emit the sums of dy * normalized and of dy, over pixels and images."""
    for name, weight in weights.items():
        if not context.needs_weight_gradient(weight, node):
            continue
        part = dy
        if name == "gamma":
            part = context.image("d gamma", dy.size)
            reads = {"a": dy, "b": context.saved[node]["normalized"]}
            context.emit("multiply", reads, {"y": part})
        emit_sum(context, part, weight, (dy.size // weight.spec.size, *weight.shape))


def reduction_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a sum or mean over axes of each image."""
    spec, shape = _reduction(node), node.input_shapes[0]
    y = _sum(context, context.values[node.inputs[0]], shape, spec.kept_shape(shape))
    count = prod(shape) // y.size
    return _scaled(context, y, 1 / count) if isinstance(spec, MeanSpec) else y


def reduction_backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient: that of the output, repeated."""
    spec, shape = _reduction(node), node.input_shapes[0]
    dy = context.gradients[node.output]
    if isinstance(spec, MeanSpec):
        dy = _scaled(context, dy, dy.size / prod(shape))
    dx = _repeated(context, dy, spec.kept_shape(shape), shape)
    context.accumulate_gradient(node.inputs[0], dx)


def unit_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower x / max(norm, smallest_norm), with the norm along axes."""
    spec, shape = node.layer.spec, node.input_shapes[0]
    if not isinstance(spec, NormSpec):
        raise TypeError(type(spec).__name__)
    x, kept = context.values[node.inputs[0]], spec.kept_shape(shape)
    norm = _sum(context, _product(context, x, x), shape, kept)
    steps: tuple[tuple[str, Attributes], ...] = (
        ("sqrt", {}),
        ("rescale", {"scale": 1.0, "offset": -spec.smallest_norm}),
        ("relu", {}),
        ("rescale", {"scale": 1.0, "offset": spec.smallest_norm}),
    )
    for kind, attributes in steps:
        larger = context.image("norm", norm.size)
        context.emit(kind, {"x": norm}, {"y": larger}, **attributes)  # pyright: ignore[reportArgumentType]
        norm = larger
    norm = _repeated(context, norm, kept, shape)
    y = context.image("y", x.size)
    context.emit("divide", {"a": x, "b": norm}, {"y": y})
    context.saved[node] = {"norm": norm}
    return y


def unit_backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient: (dy - y * sum(dy * y)) / norm."""
    spec, shape = node.layer.spec, node.input_shapes[0]
    if not isinstance(spec, NormSpec):
        raise TypeError(type(spec).__name__)
    dy, y = context.gradients[node.output], context.values[node.output]
    kept = spec.kept_shape(shape)
    along = _repeated(context, _sum(context, _product(context, dy, y), shape, kept), kept, shape)
    across, dx = context.image("across", dy.size), context.image("dx", dy.size)
    context.emit("subtract", {"a": dy, "b": _product(context, along, y)}, {"y": across})
    context.emit("divide", {"a": across, "b": context.saved[node]["norm"]}, {"y": dx})
    context.accumulate_gradient(node.inputs[0], dx)


def _reduction(node: Node) -> ReductionSpec:
    spec = node.layer.spec
    if not isinstance(spec, ReductionSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _sum(context: LoweringContext, x: Buffer, shape: Shape, kept: Shape) -> Buffer:
    """Return the sum along the axes whose sides `kept` has as 1."""
    if prod(kept) == prod(shape):
        return x
    y = context.image("sum", prod(kept))
    emit_copy_backward(context, x, y, broadcast(kept, shape))
    return y


def _repeated(context: LoweringContext, x: Buffer, kept: Shape, shape: Shape) -> Buffer:
    if prod(kept) == prod(shape):
        return x
    y = context.image("repeated", prod(shape))
    emit_copy(context, x, y, broadcast(kept, shape))
    return y


def _product(context: LoweringContext, a: Buffer, b: Buffer) -> Buffer:
    y = context.image("product", a.size)
    context.emit("multiply", {"a": a, "b": b}, {"y": y})
    return y


def _scaled(context: LoweringContext, x: Buffer, scale: float) -> Buffer:
    y = context.image("scaled", x.size)
    context.emit("rescale", {"x": x}, {"y": y}, scale=scale, offset=0.0)
    return y
