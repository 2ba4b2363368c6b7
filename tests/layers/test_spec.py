"""Windows along a side: how many places they take, and the zeros beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scallion.errors import ShapeError
from scallion.layers.spec import as_image_shape, output_size, output_size_arithmetic, pad_widths

sizes = st.integers(1, 40)
windows = st.integers(1, 9)
strides = st.integers(1, 5)
dilations = st.integers(1, 4)


def starts(size: int, window: int, stride: int, dilation: int) -> list[int]:
    """All places, a step apart, from which a window's every cell lies on the side."""
    reach = [dilation * cell for cell in range(window)]
    return [s for s in range(0, size, stride) if all(s + cell < size for cell in reach)]


@given(sizes, windows, strides, dilations)
def test_a_window_takes_every_place_where_it_lies_inside(size, window, stride, dilation):
    counted = len(starts(size, window, stride, dilation))
    assert max(0, output_size(size, window, stride, "valid", dilation)) == counted


@given(sizes, windows, strides, dilations)
def test_with_same_padding_there_is_a_place_for_every_step(size, window, stride, dilation):
    assert output_size(size, window, stride, "same", dilation) == len(range(0, size, stride))


@given(sizes, windows, strides, dilations)
def test_the_margin_makes_exactly_these_places_fit(size, window, stride, dilation):
    before, behind = pad_widths(size, window, stride, "same", dilation)
    padded = size + before + behind
    wanted = len(range(0, size, stride))
    # A side that is longer than what the windows reach needs no zeros, and keeps a rest.
    assert len(starts(padded, window, stride, dilation)) >= wanted
    if before + behind:
        assert len(starts(padded, window, stride, dilation)) == wanted
        assert len(starts(padded - 1, window, stride, dilation)) < wanted


@given(sizes, windows, strides, dilations)
def test_the_odd_zero_goes_behind(size, window, stride, dilation):
    before, behind = pad_widths(size, window, stride, "same", dilation)
    assert behind - before in (0, 1)
    assert pad_widths(size, window, stride, "valid", dilation) == (0, 0)


@given(sizes, windows, strides, st.sampled_from(["valid", "same"]), dilations)
def test_the_arithmetic_is_right_as_it_stands(size, window, stride, padding, dilation):
    text = output_size_arithmetic(size, window, stride, padding, dilation)
    terms, _, result = text.rpartition(" = ")
    assert int(result) == output_size(size, window, stride, padding, dilation)
    if padding == "valid":
        assert eval(terms) == int(result)
    else:
        assert terms == f"{size} / {stride}, rounded up"


def test_an_image_has_three_axes():
    assert as_image_shape((32, 30, 3)) == (32, 30, 3)
    with pytest.raises(
        ShapeError, match=r"Received: shape=\(None, 28, 28\)\nhint: Input\(\(28, 28, 1\)\)"
    ):
        as_image_shape((28, 28))
    with pytest.raises(ShapeError, match="hint: put this layer before the one that flattens"):
        as_image_shape((128,))
    with pytest.raises(ShapeError, match=r"hint: Input\(\(32, 32, 3\)\)"):
        as_image_shape((2, 3, 4, 5))
