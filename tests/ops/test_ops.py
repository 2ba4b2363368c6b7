"""`scallion.ops` on arrays and on symbolic tensors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import ops
from scallion.errors import UnsupportedError

IMAGES = np.random.default_rng(0).normal(size=(4, 6, 5, 3)).astype(np.float32)

BOTH: dict[str, Callable[[Any], Any]] = {
    "add": lambda x: ops.add(x, 1.5),
    "subtract": lambda x: ops.subtract(x, x),
    "multiply": lambda x: ops.multiply(2.0, x),
    "divide": lambda x: ops.divide(x, 4),
    "maximum": lambda x: ops.maximum(x, 0.25),
    "minimum": lambda x: ops.minimum(x, ops.square(x)),
    "clip": lambda x: ops.clip(x, -0.5, 0.5),
    "power": lambda x: ops.power(x, 2),
    "absolute": lambda x: ops.abs(ops.negative(x)),
    "exp": lambda x: ops.exp(x),
    "relu": lambda x: ops.relu(x),
    "sigmoid": lambda x: ops.sigmoid(x),
    "softmax": lambda x: ops.softmax(x),
    "concatenate": lambda x: ops.concatenate([x, ops.tanh(x)], axis=-1),
    "reshape": lambda x: ops.reshape(x, (-1, 30, 3)),
    "flatten": lambda x: ops.reshape(x, (-1, 90)),
    "transpose": lambda x: ops.transpose(x, (0, 2, 1, 3)),
    "expand_dims": lambda x: ops.expand_dims(x, -1),
    "squeeze": lambda x: ops.squeeze(ops.expand_dims(x, 2), 2),
    "pad": lambda x: ops.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]),
    "mean over pixels": lambda x: ops.mean(x, axis=(1, 2)),
    "mean over pixels, kept": lambda x: ops.mean(x, axis=[1, 2], keepdims=True),
    "mean over channels": lambda x: ops.mean(x, axis=-1, keepdims=True),
    "sum over pixels": lambda x: ops.sum(x, axis=(1, 2)),
    "max over pixels": lambda x: ops.max(x, axis=(1, 2)),
    "sum over channels": lambda x: ops.sum(x, axis=-1),
    "sum over rows and channels": lambda x: ops.sum(x, axis=(1, 3), keepdims=True),
    "sum over an image": lambda x: ops.sum(x, axis=(1, 2, 3)),
    "mean over rows": lambda x: ops.mean(x, axis=1),
    "max over channels": lambda x: ops.max(x, axis=-1),
    "max over rows and channels": lambda x: ops.max(x, axis=(1, 3), keepdims=True),
    "min over columns": lambda x: ops.min(x, axis=2),
    "variance": lambda x: ops.var(x, axis=-1, keepdims=True),
    "deviation": lambda x: ops.std(x, axis=(1, 2)),
    "norm": lambda x: ops.norm(x, axis=-1),
    "norm of order 1": lambda x: ops.norm(x, ord=1, axis=2, keepdims=True),
    "normalize": lambda x: ops.normalize(x, axis=-1),
    "normalize rows": lambda x: ops.normalize(x, axis=1),
    "logsumexp": lambda x: ops.logsumexp(x, axis=-1),
    "sqrt": lambda x: ops.sqrt(ops.square(x) + 1),
    "rsqrt": lambda x: ops.rsqrt(ops.square(x) + 1),
    "log": lambda x: ops.log(ops.square(x) + 1),
    "log1p": lambda x: ops.log1p(ops.square(x)),
    "reciprocal": lambda x: ops.reciprocal(ops.square(x) + 1),
    "matmul": lambda x: ops.matmul(x, np.linspace(-1, 1, 6, dtype=np.float32).reshape(3, 2)),
    "stack": lambda x: ops.stack([x, ops.square(x)], axis=-1),
    "stack rows": lambda x: ops.stack([x, ops.square(x)], axis=1),
    "cast": lambda x: ops.cast(x, "float32"),
}


@pytest.mark.parametrize("name", BOTH)
def test_tensors_give_what_arrays_give(name: str) -> None:
    x = scallion.Input((6, 5, 3))
    model = scallion.Model(x, BOTH[name](x))
    np.testing.assert_allclose(
        model.predict(IMAGES, verbose=0), BOTH[name](IMAGES), rtol=2e-6, atol=2e-6
    )


# Keras 3.15.1 on PyTorch, `keras.ops` of the same name.
@pytest.mark.parametrize(
    ("found", "wanted", "dtype"),
    [
        (lambda: ops.convert_to_tensor([1, 2]), [1, 2], "int32"),
        (lambda: ops.convert_to_tensor([1.5, 2]), [1.5, 2], "float32"),
        (lambda: ops.arange(3), [0, 1, 2], "int32"),
        (lambda: ops.argmax([[1, 3, 2], [9, 3, 2]], axis=-1), [1, 0], "int32"),
        (lambda: ops.one_hot([1, 0, -1], 3), [[0, 1, 0], [1, 0, 0], [0, 0, 0]], "float32"),
        (lambda: ops.ones((2,)), [1, 1], "float32"),
        (
            lambda: ops.in_top_k([1, 0], [[1.0, 3.0, 2.0], [1.0, 3.0, 2.0]], 2),
            [True, False],
            "bool",
        ),
    ],
)
def test_arrays_match_keras(found: Callable[[], Any], wanted: list[Any], dtype: str) -> None:
    array = found()
    assert array.numpy().tolist() == wanted
    assert array.dtype == dtype


def test_a_function_without_layer_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match=r"ops\.sin on a symbolic tensor"):
        ops.sin(scallion.Input((6, 5, 3)))


def test_the_batch_of_a_tensor_stays_first() -> None:
    x = scallion.Input((6, 5, 3))
    for formula in (
        lambda: ops.transpose(x),
        lambda: ops.reshape(x, (30, 3)),
        lambda: ops.expand_dims(x, 0),
        lambda: ops.mean(x),
        lambda: ops.sum(x, axis=0),
        lambda: ops.max(x),
        lambda: ops.norm(x),
        lambda: ops.norm(x, ord=3, axis=-1),
        lambda: ops.normalize(x, order=1),
    ):
        with pytest.raises(UnsupportedError, match="hint:"):
            formula()
