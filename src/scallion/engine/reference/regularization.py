"""Dropout and noise layers; in inference they return their input."""

import numpy as np

from scallion.activations import SELU_ALPHA, SELU_SCALE
from scallion.engine.random import keep_threshold, normals, stream, words
from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall


def dropout(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Set elements to 0 with probability `rate` and divide the others by 1 - rate."""
    return _dropout(call, x, (len(x), *call.spec.drawn_shape(x.shape[1:])))


def spatial_dropout2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Do the same for whole channels of each image."""
    return _dropout(call, x, (len(x), x.shape[-1]))


def gaussian_noise(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Add normal noise of standard deviation `stddev`."""
    if not call.training or call.spec.stddev == 0:
        return _identity(x)
    noise = _normals(call, x)
    return ForwardResult(x + x.dtype.type(call.spec.stddev) * noise, lambda dy: ([dy], {}))


def gaussian_dropout(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Multiply by normal noise of mean 1 and dropout's variance, rate / (1 - rate)."""
    rate = call.spec.rate
    if not call.training or rate == 0:
        return _identity(x)
    factors = 1 + x.dtype.type((rate / (1 - rate)) ** 0.5) * _normals(call, x)
    return ForwardResult(x * factors, lambda dy: ([dy * factors], {}))


def alpha_dropout(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Set elements to selu's limit with probability `rate`, then compute a * x + b.

    a and b keep mean 0 and variance 1 (Klambauer et al. 2017).
    """
    rate, limit = call.spec.rate, -SELU_ALPHA * SELU_SCALE
    if not call.training or rate == 0:
        return _identity(x)
    a = ((1 - rate) * (1 + rate * limit**2)) ** -0.5
    b = -a * limit * rate
    kept = _words(call, x.shape) >= keep_threshold(rate)
    y = (a * np.where(kept, x, limit) + b).astype(x.dtype)

    def backward(dy: np.ndarray) -> Gradients:
        return [dy * np.where(kept, a, 0).astype(x.dtype)], {}

    return ForwardResult(y, backward)


def _dropout(call: LayerCall, x: np.ndarray, drawn: tuple[int, ...]) -> ForwardResult:
    """Drop with one random number per element of `drawn`: (n, ...) or (n, C)."""
    rate = call.spec.rate
    if not call.training or rate == 0:
        return _identity(x)
    factor = np.float32(1 / (1 - rate)) if rate < 1 else np.float32(0)
    kept = _words(call, drawn) >= keep_threshold(rate)
    kept = kept.reshape(len(x), *[1] * (x.ndim - len(drawn)), *drawn[1:])
    factors = np.where(kept, factor, 0).astype(x.dtype)
    return ForwardResult(x * factors, lambda dy: ([dy * factors], {}))


def _identity(x: np.ndarray) -> ForwardResult:
    return ForwardResult(x, lambda dy: ([dy], {}))


def _words(call: LayerCall, shape: tuple[int, ...]) -> np.ndarray:
    seed = stream(call.seed, call.spec.seed)
    return words(shape, seed=seed, step=call.step, operation=call.operation)


def _normals(call: LayerCall, x: np.ndarray) -> np.ndarray:
    seed = stream(call.seed, call.spec.seed)
    drawn = normals(x.shape, seed=seed, step=call.step, operation=call.operation)
    return drawn.astype(x.dtype)
