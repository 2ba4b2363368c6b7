"""A weight or a constant as a tensor."""

import numpy as np

from scallion.engine.reference.layer_call import (
    ForwardResult,
    Gradients,
    LayerCall,
    precise_sum,
)


def parameter(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Repeat the weight for each image; its gradient is the sum over the images."""
    value = call.weights["value"]
    shape = call.spec.output_shape(x.shape[1:])

    def backward(dy: np.ndarray) -> Gradients:
        return [np.zeros_like(x)], {"value": precise_sum(dy, (0,)).reshape(value.shape)}

    return ForwardResult(np.broadcast_to(value.reshape(shape), (len(x), *shape)), backward)


def constant(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Repeat the array for each image."""
    shape = call.spec.output_shape(x.shape[1:])
    y = np.broadcast_to(call.spec.value.astype(x.dtype).reshape(shape), (len(x), *shape))
    return ForwardResult(y, lambda _dy: ([np.zeros_like(x)], {}))
