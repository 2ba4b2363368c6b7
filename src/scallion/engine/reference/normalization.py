"""Batch normalization."""

import numpy as np

from scallion.engine.reference.layer_call import (
    ForwardResult,
    Gradients,
    LayerCall,
    over_images,
    total,
)


def normalizing(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, a channel at a time.

    In training, mean and variance are those of the batch (the variance divided by the count, not by
    the count less one), and the moving ones follow them by `1 - momentum`. Else, and in a frozen
    layer, the moving ones are used.
    """
    spec, kind, axes = call.spec, x.dtype.type, over_images(x)
    count = kind(x.size // x.shape[-1])
    learns = call.training and call.trainable
    if learns:
        mean = total(x, axes) / count
        variance = total(np.square(x - mean), axes) / count
    else:
        mean, variance = call.weights["moving_mean"], call.weights["moving_variance"]
    spread = np.sqrt(variance + kind(spec.epsilon))
    normal = (x - mean) / spread
    gamma = call.weights["gamma"] if spec.scale else kind(1)
    y = normal * gamma
    if spec.center:
        y = y + call.weights["beta"]

    def backward(dy: np.ndarray) -> Gradients:
        weights: dict[str, np.ndarray] = {}
        if spec.scale:
            weights["gamma"] = total(dy * normal, axes)
        if spec.center:
            weights["beta"] = total(dy, axes)
        dnormal = dy * gamma
        if learns:
            # The batch's own mean and variance move with x.
            along = total(dnormal * normal, axes) / count
            dnormal = dnormal - total(dnormal, axes) / count - normal * along
        return [dnormal / spread], weights

    return ForwardResult(y, backward, _moved(call, mean, variance) if learns else {})


def _moved(call: LayerCall, mean: np.ndarray, variance: np.ndarray) -> dict[str, np.ndarray]:
    """The moving statistics after this batch."""
    keep, take = mean.dtype.type(call.spec.momentum), mean.dtype.type(1 - call.spec.momentum)
    return {
        "moving_mean": call.weights["moving_mean"] * keep + mean * take,
        "moving_variance": call.weights["moving_variance"] * keep + variance * take,
    }
