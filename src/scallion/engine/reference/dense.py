"""Operations on rows of numbers, and those that keep each number where it is."""

import numpy as np

from scallion.engine.reference.activations import activate
from scallion.engine.reference.layer_call import (
    ForwardResult,
    Gradients,
    LayerCall,
    over_images,
    total,
)


def linear(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """y = activation(x @ kernel + bias), along the last axis."""
    kernel = call.weights["kernel"]
    z = x @ kernel
    if call.spec.use_bias:
        z = z + call.weights["bias"]
    y, slope = activate(call.spec.activation, z)

    def backward(dy: np.ndarray) -> Gradients:
        dz = slope(dy)
        rows, drows = x.reshape(-1, x.shape[-1]), dz.reshape(-1, dz.shape[-1])
        weights = {"kernel": rows.T @ drows}
        if call.spec.use_bias:
            weights["bias"] = total(dz, over_images(dz))
        return [dz @ kernel.T], weights

    return ForwardResult(y, backward)


def flattening(_call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Each image's numbers in one row, as they lie in memory."""
    return ForwardResult(x.reshape(len(x), -1), lambda dy: ([dy.reshape(x.shape)], {}))


def scaling(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """y = x * scale + offset."""
    scale, offset = (np.asarray(n, x.dtype) for n in (call.spec.scale, call.spec.offset))
    return ForwardResult(x * scale + offset, lambda dy: ([dy * scale], {}))
