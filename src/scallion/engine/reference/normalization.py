"""Batch, layer and group normalization."""

import numpy as np

from scallion.engine.reference.layer_call import (
    ForwardResult,
    Gradients,
    LayerCall,
    all_but_last,
    precise_sum,
)


def batch_normalization(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute gamma * (x - mean) / sqrt(variance + epsilon) + beta per channel.

    In training, mean and variance are those of the batch (variance with the population formula,
    divided by n), and the moving statistics follow them by `1 - momentum`. In inference, and in a
    frozen layer, the moving statistics are used (Ioffe and Szegedy 2015).
    """
    spec, kind, axes = call.spec, x.dtype.type, all_but_last(x)
    count = kind(x.size // x.shape[-1])
    uses_batch = call.training and call.trainable
    if uses_batch:
        mean = precise_sum(x, axes) / count
        variance = precise_sum(np.square(x - mean), axes) / count
    else:
        mean, variance = call.weights["moving_mean"], call.weights["moving_variance"]
    deviation = np.sqrt(variance + kind(spec.epsilon))
    normalized = (x - mean) / deviation
    gamma = call.weights["gamma"] if spec.scale else kind(1)
    y = normalized * gamma
    if spec.center:
        y = y + call.weights["beta"]

    def backward(dy: np.ndarray) -> Gradients:
        weights: dict[str, np.ndarray] = {}
        if spec.scale:
            weights["gamma"] = precise_sum(dy * normalized, axes)
        if spec.center:
            weights["beta"] = precise_sum(dy, axes)
        dnormalized = dy * gamma
        if uses_batch:
            # The batch's mean and variance depend on x, too.
            along = precise_sum(dnormalized * normalized, axes) / count
            dnormalized = dnormalized - precise_sum(dnormalized, axes) / count - normalized * along
        return [dnormalized / deviation], weights

    return ForwardResult(y, backward, _statistics(call, mean, variance) if uses_batch else {})


def row_normalization(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the moments of each row.

    Layer normalization (Ba, Kiros and Hinton 2016) and group normalization (Wu and He 2018) differ
    in what a row is.
    """
    spec, kind, shape = call.spec, x.dtype.type, x.shape[1:]
    rows = (len(x), *spec.row_shape(shape))
    axes = tuple(axis + 1 for axis in spec.row_axes(shape))
    affine = spec.affine_axes(shape)
    sides = [side if axis in affine else 1 for axis, side in enumerate(shape)]
    others = tuple(axis + 1 for axis in range(len(shape)) if axis not in affine)

    def mean_of(values: np.ndarray) -> np.ndarray:
        return values.mean(axis=axes, keepdims=True, dtype=np.float64).astype(x.dtype)

    centred = x.reshape(rows) - mean_of(x.reshape(rows))
    deviation = np.sqrt(mean_of(np.square(centred)) + kind(spec.epsilon))
    normalized = centred / deviation
    gamma = call.weights["gamma"].reshape(sides) if spec.scale else kind(1)
    y = normalized.reshape(x.shape) * gamma
    if spec.center:
        y = y + call.weights["beta"].reshape(sides)

    def backward(dy: np.ndarray) -> Gradients:
        weights: dict[str, np.ndarray] = {}
        if spec.scale:
            weights["gamma"] = precise_sum(dy * normalized.reshape(x.shape), (0, *others))
        if spec.center:
            weights["beta"] = precise_sum(dy, (0, *others))
        d = (dy * gamma).reshape(rows)
        dx = d - mean_of(d) - normalized * mean_of(d * normalized)
        return [(dx / deviation).reshape(x.shape)], weights

    return ForwardResult(y, backward)


def _statistics(call: LayerCall, mean: np.ndarray, variance: np.ndarray) -> dict[str, np.ndarray]:
    """Return the moving statistics after this batch."""
    keep, take = mean.dtype.type(call.spec.momentum), mean.dtype.type(1 - call.spec.momentum)
    return {
        "moving_mean": call.weights["moving_mean"] * keep + mean * take,
        "moving_variance": call.weights["moving_variance"] * keep + variance * take,
    }


def unit_normalization(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Divide by the norm along axes; a norm below `smallest_norm` counts as that."""
    axes = tuple(axis + 1 for axis in call.spec.image_axes(x.shape[1:]))

    def sum_of(values: np.ndarray) -> np.ndarray:
        return values.sum(axis=axes, keepdims=True, dtype=np.float64).astype(x.dtype)

    norm = np.maximum(np.sqrt(sum_of(x * x)), x.dtype.type(call.spec.smallest_norm))
    y = x / norm
    return ForwardResult(y, lambda dy: ([(dy - y * sum_of(dy * y)) / norm], {}))
