"""Layers with several inputs. An axis of size 1 is broadcast, and its gradient summed."""

import numpy as np

from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall, precise_sum


def add(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """Compute the sum of the inputs."""
    y = inputs[0]
    for x in inputs[1:]:
        y = y + x
    return ForwardResult(y, lambda dy: (_unbroadcast(inputs, [dy] * len(inputs)), {}))


def subtract(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """Compute the first input minus the second."""
    first, second = inputs
    return ForwardResult(first - second, lambda dy: (_unbroadcast(inputs, [dy, -dy]), {}))


def average(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """Compute the mean of the inputs."""
    count = inputs[0].dtype.type(len(inputs))
    y = inputs[0]
    for x in inputs[1:]:
        y = y + x
    return ForwardResult(
        y / count, lambda dy: (_unbroadcast(inputs, [dy / count] * len(inputs)), {})
    )


def multiply(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """Compute the product of the inputs."""

    def product(arrays: tuple[np.ndarray, ...], start: np.ndarray) -> np.ndarray:
        for x in arrays:
            start = start * x
        return start

    def backward(dy: np.ndarray) -> Gradients:
        gradients = [
            product((*inputs[:place], *inputs[place + 1 :]), dy) for place in range(len(inputs))
        ]
        return _unbroadcast(inputs, gradients), {}

    return ForwardResult(product(inputs[1:], inputs[0]), backward)


def true_divide(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """Compute the first input divided by the second."""
    first, second = inputs
    with np.errstate(divide="ignore", invalid="ignore"):
        y = first / second

    def backward(dy: np.ndarray) -> Gradients:
        with np.errstate(divide="ignore", invalid="ignore"):
            return _unbroadcast(inputs, [dy / second, -(dy * y) / second]), {}

    return ForwardResult(y, backward)


def maximum(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """Compute the elementwise maximum; of two equal values each gets half of the gradient."""
    return _extremum(inputs, 1)


def minimum(_call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """Compute the elementwise minimum; of two equal values each gets half of the gradient."""
    return _extremum(inputs, -1)


def _extremum(inputs: tuple[np.ndarray, ...], sign: int) -> ForwardResult:
    y, fractions = inputs[0], [np.ones_like(inputs[0])]
    for x in inputs[1:]:
        # The fraction of the gradient that this input takes from those before it: 0, 1/2 or 1.
        taken = (1 + np.sign(sign * (x - y))) / 2
        fractions = [fraction * (1 - taken) for fraction in fractions]
        fractions.append(taken)
        y = np.where((sign * x > sign * y) | np.isnan(x), x, y)
    return ForwardResult(
        y, lambda dy: (_unbroadcast(inputs, [dy * fraction for fraction in fractions]), {})
    )


def concatenate(call: LayerCall, *inputs: np.ndarray) -> ForwardResult:
    """Concatenate the inputs along an axis."""
    axis = call.spec.image_axis(inputs[0].shape[1:]) + 1
    ends = np.cumsum([x.shape[axis] for x in inputs])[:-1]
    y = np.concatenate(inputs, axis)
    return ForwardResult(y, lambda dy: (np.split(dy, ends, axis), {}))


def _unbroadcast(inputs: tuple[np.ndarray, ...], gradients: list[np.ndarray]) -> list[np.ndarray]:
    """Sum each gradient along the axes that its input was broadcast along."""
    return [_summed_to(dy, x.shape) for dy, x in zip(gradients, inputs, strict=True)]


def _summed_to(dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    broadcast = tuple(
        axis for axis, (side, own) in enumerate(zip(dy.shape, shape, strict=True)) if side != own
    )
    return precise_sum(dy, broadcast).reshape(shape) if broadcast else dy
