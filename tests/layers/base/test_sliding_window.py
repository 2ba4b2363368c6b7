"""Windows along one axis: the number of positions, and the zeros beside it."""

from hypothesis import given
from hypothesis import strategies as st

from scallion.layers.base.sliding_window import output_size, output_size_arithmetic, pad_widths

lengths = st.integers(1, 40)
windows = st.integers(1, 9)
strides = st.integers(1, 5)
dilations = st.integers(1, 4)


def starts(length: int, window: int, stride: int, dilation: int) -> list[int]:
    """Return all positions, `stride` apart, from which each cell of a window is inside."""
    reach = [dilation * cell for cell in range(window)]
    return [s for s in range(0, length, stride) if all(s + cell < length for cell in reach)]


@given(lengths, windows, strides, dilations)
def test_valid_padding_counts_windows_that_lie_inside(length, window, stride, dilation):
    counted = len(starts(length, window, stride, dilation))
    assert max(0, output_size(length, window, stride, "valid", dilation)) == counted


@given(lengths, windows, strides, dilations)
def test_same_padding_has_one_position_per_stride(length, window, stride, dilation):
    assert output_size(length, window, stride, "same", dilation) == len(range(0, length, stride))


@given(lengths, windows, strides, dilations)
def test_padding_is_just_enough_for_same_positions(length, window, stride, dilation):
    before, after = pad_widths(length, window, stride, "same", dilation)
    padded = length + before + after
    wanted = len(range(0, length, stride))
    # An axis longer than what the windows reach needs no zeros, and has a remainder.
    assert len(starts(padded, window, stride, dilation)) >= wanted
    if before + after:
        assert len(starts(padded, window, stride, dilation)) == wanted
        assert len(starts(padded - 1, window, stride, dilation)) < wanted


@given(lengths, windows, strides, dilations)
def test_an_odd_zero_is_added_after(length, window, stride, dilation):
    before, after = pad_widths(length, window, stride, "same", dilation)
    assert after - before in (0, 1)
    assert pad_widths(length, window, stride, "valid", dilation) == (0, 0)


@given(lengths, windows, strides, st.sampled_from(["valid", "same"]), dilations)
def test_the_calculation_in_words_is_correct(length, window, stride, padding, dilation):
    text = output_size_arithmetic(length, window, stride, padding, dilation)
    terms, _, result = text.rpartition(" = ")
    assert int(result) == output_size(length, window, stride, padding, dilation)
    if padding == "valid":
        assert eval(terms) == int(result)
    else:
        assert terms == f"{length} / {stride}, rounded up"
