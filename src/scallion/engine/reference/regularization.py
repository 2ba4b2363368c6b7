"""Dropout and noise, as they are defined: nothing at prediction."""

import numpy as np

from scallion.activations import SELU_ALPHA, SELU_SCALE
from scallion.engine.random import keep_threshold, normals, stream, words
from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall


def dropping(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """In training, 0 with probability `rate`, else x / (1 - rate); else x itself."""
    return _dropped(call, x, x.shape)


def dropping_channels(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """The same with one number an image and channel."""
    return _dropped(call, x, (len(x), x.shape[-1]))


def noising(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """x and a normal number of deviation `stddev`."""
    if not call.training or call.spec.stddev == 0:
        return _same(x)
    return ForwardResult(
        x + x.dtype.type(call.spec.stddev) * _normals(call, x), lambda dy: ([dy], {})
    )


def scattering(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """x times a normal number around 1, as wide as dropout's factors."""
    rate = call.spec.rate
    if not call.training or rate == 0:
        return _same(x)
    factors = 1 + x.dtype.type((rate / (1 - rate)) ** 0.5) * _normals(call, x)
    return ForwardResult(x * factors, lambda dy: ([dy * factors], {}))


def dropping_low(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """selu's lowest value with probability `rate`, else x; then a * (that) + b, so that mean 0 and
    variance 1 stay."""
    rate, lowest = call.spec.rate, -SELU_ALPHA * SELU_SCALE
    if not call.training or rate == 0:
        return _same(x)
    a = ((1 - rate) * (1 + rate * lowest**2)) ** -0.5
    b = -a * lowest * rate
    kept = _words(call, x.shape) >= keep_threshold(rate)
    y = (a * np.where(kept, x, lowest) + b).astype(x.dtype)

    def backward(dy: np.ndarray) -> Gradients:
        return [dy * np.where(kept, a, 0).astype(x.dtype)], {}

    return ForwardResult(y, backward)


def _dropped(call: LayerCall, x: np.ndarray, drawn: tuple[int, ...]) -> ForwardResult:
    rate = call.spec.rate
    if not call.training or rate == 0:
        return _same(x)
    factor = np.float32(1 / (1 - rate)) if rate < 1 else np.float32(0)
    kept = _words(call, drawn) >= keep_threshold(rate)
    kept = kept.reshape(len(x), *[1] * (x.ndim - len(drawn)), *drawn[1:])
    factors = np.where(kept, factor, 0).astype(x.dtype)
    return ForwardResult(x * factors, lambda dy: ([dy * factors], {}))


def _same(x: np.ndarray) -> ForwardResult:
    return ForwardResult(x, lambda dy: ([dy], {}))


def _words(call: LayerCall, shape: tuple[int, ...]) -> np.ndarray:
    seed = stream(call.seed, call.spec.seed)
    return words(shape, seed=seed, step=call.step, operation=call.operation)


def _normals(call: LayerCall, x: np.ndarray) -> np.ndarray:
    seed = stream(call.seed, call.spec.seed)
    drawn = normals(x.shape, seed=seed, step=call.step, operation=call.operation)
    return drawn.astype(x.dtype)
