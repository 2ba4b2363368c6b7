"""Random invalid networks: each is refused with an error of ours, and nothing crashes.

Layers are made of arguments of any kind and called on tensors of any rank, or on arrays of any
type. What is refused must be refused with one of our errors and a hint; what is not must run.
"""

from math import inf, nan
from typing import Any

import numpy as np
import pytest
import rich.table  # noqa: F401  (draws from `random` when first imported, here not in a strategy)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scallion import Input, Model, Sequential, layers
from scallion.errors import ScallionError

pytestmark = pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")

sizes = st.sampled_from([1, 2, 3, 5, 0, -1, -(2**40), 2**33, 2.5, nan, inf, None, "3", True, (2,)])
pairs = st.one_of(sizes, st.tuples(sizes, sizes), st.lists(sizes, max_size=3))
fractions = st.sampled_from(
    [0.0, 0.3, 1.0, -0.1, 1.5, nan, inf, -inf, None, "half", True, [0.5], 10**400]
)
names = st.sampled_from(
    ["relu", "same", "valid", "nearest", "l2", "no such", "", 7, None, "bilinear"]
)
axes = st.sampled_from([-1, 0, 1, 3, 9, -9, None, "last", (1, 2), [], 1.5])
shapes = st.lists(st.sampled_from([1, 2, 5, 8]), max_size=4).map(tuple)
seeds = st.sampled_from([None, 3, -1, 2**70, 1.5, "seed"])

ARGUMENTS: dict[str, dict[str, Any]] = {
    "Activation": {"activation": names},
    "AlphaDropout": {"rate": fractions, "seed": seeds},
    "AveragePooling2D": {"pool_size": pairs, "strides": pairs, "padding": names},
    "BatchNormalization": {"axis": axes, "momentum": fractions, "epsilon": fractions},
    "CenterCrop": {"height": sizes, "width": sizes},
    "Concatenate": {"axis": axes},
    "Conv2D": {"filters": sizes, "kernel_size": pairs, "strides": pairs, "padding": names,
               "dilation_rate": pairs, "groups": sizes, "activation": names},
    "Cropping2D": {"cropping": pairs},
    "Dense": {"units": sizes, "activation": names, "kernel_regularizer": names},
    "DepthwiseConv2D": {"kernel_size": pairs, "strides": pairs, "depth_multiplier": sizes},
    "Dropout": {"rate": fractions, "seed": seeds},
    "ELU": {"alpha": fractions},
    "Flatten": {"data_format": names},
    "GaussianDropout": {"rate": fractions, "seed": seeds},
    "GaussianNoise": {"stddev": fractions, "seed": seeds},
    "GlobalAveragePooling2D": {},
    "LeakyReLU": {"negative_slope": fractions},
    "MaxPooling2D": {"pool_size": pairs, "strides": pairs, "padding": names},
    "Normalization": {"axis": axes, "mean": fractions, "variance": fractions},
    "PReLU": {"shared_axes": axes},
    "Permute": {"dims": pairs},
    "RandomCrop": {"height": sizes, "width": sizes, "seed": seeds},
    "RandomFlip": {"mode": names, "seed": seeds},
    "RandomRotation": {"factor": fractions, "fill_mode": names},
    "RandomTranslation": {"height_factor": fractions, "width_factor": fractions},
    "ReLU": {"max_value": fractions, "negative_slope": fractions, "threshold": fractions},
    "Rescaling": {"scale": fractions, "offset": fractions},
    "Reshape": {"target_shape": pairs},
    "Resizing": {"height": sizes, "width": sizes, "interpolation": names},
    "SeparableConv2D": {"filters": sizes, "kernel_size": pairs, "dilation_rate": pairs},
    "Softmax": {"axis": axes},
    "SpatialDropout2D": {"rate": fractions, "seed": seeds},
    "UpSampling2D": {"size": pairs, "interpolation": names},
    "ZeroPadding2D": {"padding": pairs},
    **{name: {} for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")},
}  # fmt: skip
MERGES = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
# Larger networks are built but not run.
_LARGE = 10**5


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(sorted(ARGUMENTS)))
    given = {key: draw(value) for key, value in ARGUMENTS[name].items() if draw(st.booleans())}
    return name, given


def refused(error: ScallionError) -> None:
    """Check that an error of ours has a message and a hint."""
    assert error.message
    assert error.hint, error.message


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(starts=st.lists(shapes, min_size=1, max_size=2), chain=st.lists(calls(), max_size=4),
       chosen=st.integers(0, 2**16))  # fmt: skip
def test_invalid_networks_raise_our_errors(
    starts: list[tuple[int, ...]], chain: list[tuple[str, dict[str, Any]]], chosen: int
) -> None:
    inputs = [Input(shape) for shape in starts]
    seen = list(inputs)
    for name, arguments in chain:
        first, second = seen[chosen % len(seen)], seen[-1]
        try:
            layer = getattr(layers, name)(**arguments)
            seen.append(layer([first, second] if name in MERGES else second))
        except ScallionError as error:
            refused(error)
        except TypeError as error:  # Python's own, for an argument that must be given
            if "missing" not in str(error):
                raise
    try:
        model = Model(inputs[: 1 + chosen % 2], seen[-1 - chosen % 2 :])
        model.summary(print_fn=lambda *_: None)
        small = model.count_params() + sum(np.prod(tensor.image_shape) for tensor in seen) < _LARGE
        if small and all(len(tensor.image_shape) < 5 for tensor in seen):
            x = [np.zeros((2, *tensor.image_shape), np.float32) for tensor in model.inputs]
            model(x if len(x) > 1 else x[0], training=chosen % 3 == 0)
    except ScallionError as error:
        refused(error)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(
    call=calls(), shape=shapes, kind=st.sampled_from(["f4", "f8", "u1", "?", "U3", "c8", "M8[s]"])
)
def test_layers_on_any_array_return_or_raise_our_errors(
    call: tuple[str, dict[str, Any]], shape: tuple[int, ...], kind: str
) -> None:
    name, arguments = call
    x = np.zeros(shape, kind)
    try:
        layer = getattr(layers, name)(**arguments)
        described = layer.compute_output_shape((None, *shape[1:])) if name not in MERGES else (1,)
        if np.prod([side or 1 for side in described], dtype=float) > _LARGE:
            return
        layer([x, x] if name in MERGES else x)
    except ScallionError as error:
        refused(error)
    except TypeError as error:
        if "missing" not in str(error):
            raise


def _broken(change: str) -> dict[str, Any]:
    """Return a network's config with a cycle, or with a missing layer."""
    start = Input((4,), name="start")
    x = layers.Dense(4, name="second")(layers.Dense(4, name="first")(start))
    config = Model(start, x).get_config()
    first = config["layers"][1]["inbound_nodes"][0]["args"][0]["config"]
    histories = {"circle": ["second", 0, 0], "nowhere": ["third", 0, 0], "output": ["start", 0, 7],
                 "place": ["start", 5, 0], "text": "start", "nothing": None}  # fmt: skip
    first["keras_history"] = histories[change]
    return config


@pytest.mark.parametrize("change", ["circle", "nowhere", "output", "place", "text", "nothing"])
def test_an_invalid_model_config_is_refused(change: str) -> None:
    with pytest.raises(ScallionError) as caught:
        Model.from_config(_broken(change))
    refused(caught.value)


def test_unreachable_outputs_are_refused() -> None:
    one, other = Input((4,)), Input((4,))
    for inputs, outputs in ((one, layers.Dense(2)(other)), ([], one), (one, []), (3, one)):
        with pytest.raises(ScallionError) as caught:
            Model(inputs, outputs)
        refused(caught.value)
    with pytest.raises(ScallionError):
        Sequential([layers.Dense(2), 3])
