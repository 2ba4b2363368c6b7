"""Several arrays become one. A side of 1 is stretched, and gets the sum of its slopes back."""

import numpy as np

from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall, total


def adding(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """The sum of the inputs."""
    y = inputs[0]
    for x in inputs[1:]:
        y = y + x
    return ForwardResult(y, lambda dy: (_given(inputs, [dy] * len(inputs)), {}))


def subtracting(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """The first input less the second."""
    first, second = inputs
    return ForwardResult(first - second, lambda dy: (_given(inputs, [dy, -dy]), {}))


def averaging(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """The mean of the inputs."""
    count = inputs[0].dtype.type(len(inputs))
    y = inputs[0]
    for x in inputs[1:]:
        y = y + x
    return ForwardResult(y / count, lambda dy: (_given(inputs, [dy / count] * len(inputs)), {}))


def multiplying(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """The product of the inputs."""

    def product(arrays: tuple[np.ndarray, ...], start: np.ndarray) -> np.ndarray:
        for x in arrays:
            start = start * x
        return start

    def backward(dy: np.ndarray) -> Gradients:
        slopes = [
            product((*inputs[:place], *inputs[place + 1 :]), dy) for place in range(len(inputs))
        ]
        return _given(inputs, slopes), {}

    return ForwardResult(product(inputs[1:], inputs[0]), backward)


def maximizing(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """The largest input; of two equal ones each gets half of the slope."""
    return _chosen(inputs, 1)


def minimizing(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """The smallest input; of two equal ones each gets half of the slope."""
    return _chosen(inputs, -1)


def _chosen(inputs: tuple[np.ndarray, ...], sign: int) -> ForwardResult:
    y, shares = inputs[0], [np.ones_like(inputs[0])]
    for x in inputs[1:]:
        # How much of the slope the new one takes from those before it.
        taken = (1 + np.sign(sign * (x - y))) / 2
        shares = [share * (1 - taken) for share in shares]
        shares.append(taken)
        y = np.where(sign * x > sign * y, x, y)
    return ForwardResult(y, lambda dy: (_given(inputs, [dy * share for share in shares]), {}))


def joining(call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """The inputs behind each other along an axis."""
    axis = call.spec.place(inputs[0].shape[1:]) + 1
    ends = np.cumsum([x.shape[axis] for x in inputs])[:-1]
    y = np.concatenate(inputs, axis)
    return ForwardResult(y, lambda dy: (np.split(dy, ends, axis), {}))


def _given(inputs: tuple[np.ndarray, ...], slopes: list[np.ndarray]) -> list[np.ndarray]:
    return [_shrunk(dy, x.shape) for dy, x in zip(slopes, inputs, strict=True)]


def _shrunk(dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    stretched = tuple(
        axis for axis, (side, own) in enumerate(zip(dy.shape, shape, strict=True)) if side != own
    )
    return total(dy, stretched).reshape(shape) if stretched else dy
