"""Dense layers."""

import numpy as np

from scallion.engine.reference.activations import activate
from scallion.engine.reference.layer_call import (
    ForwardResult,
    Gradients,
    LayerCall,
    all_but_last,
    precise_sum,
)


def dense(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute activation(x @ kernel + bias) along the last axis: (n, ..., C) -> (n, ..., units)."""
    kernel = call.weights["kernel"]
    z = x @ kernel
    if call.spec.use_bias:
        z = z + call.weights["bias"]
    y, activation_backward = activate(call.spec.activation, z)

    def backward(dy: np.ndarray) -> Gradients:
        dz = activation_backward(dy)
        rows, drows = x.reshape(-1, x.shape[-1]), dz.reshape(-1, dz.shape[-1])
        weights = {"kernel": rows.T @ drows}
        if call.spec.use_bias:
            weights["bias"] = precise_sum(dz, all_but_last(dz))
        return [dz @ kernel.T], weights

    return ForwardResult(y, backward)
