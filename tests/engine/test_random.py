"""The random numbers of a step are Philox-4x32-10, drawn by position."""

import numpy as np
import pytest

from scallion.engine.random import keep_threshold, philox, stream, words


# The known answers of Random123 1.14 (tests/kat_vectors, philox4x32 10).
@pytest.mark.parametrize(
    ("counter", "seed", "wanted"),
    [
        ((0, 0, 0, 0), 0, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4,
            0xFFFFFFFFFFFFFFFF,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            0x299F31D0A4093822,
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_matches_its_known_answers(
    counter: tuple[int, ...], seed: int, wanted: tuple[int, ...]
) -> None:
    found = philox(np.array([counter], np.uint32), seed)
    assert tuple(found[0]) == wanted


def test_a_word_depends_on_its_position_alone() -> None:
    whole = words((5, 3, 3, 2), seed=9, step=4, operation=2)
    assert whole.dtype == np.uint32
    np.testing.assert_array_equal(words((2, 3, 3, 2), seed=9, step=4, operation=2), whole[:2])
    np.testing.assert_array_equal(
        words((5, 18), seed=9, step=4, operation=2).ravel(), whole.ravel()
    )


@pytest.mark.parametrize(
    "change", [{"seed": 10}, {"seed": 9 + 2**32}, {"step": 5}, {"operation": 3}]
)
def test_seed_step_and_operation_change_the_words(change: dict[str, int]) -> None:
    usual = {"seed": 9, "step": 4, "operation": 2}
    first, second = words((4, 8), **usual), words((4, 8), **{**usual, **change})
    assert (first != second).mean() > 0.9


def test_the_threshold_drops_the_fraction_of_the_rate() -> None:
    assert keep_threshold(0.0) == 0
    assert keep_threshold(0.5) == 2**31
    assert keep_threshold(1.0) == 2**32


def test_a_layers_own_seed_overrides_the_runs() -> None:
    assert stream(7, None) == 7
    assert stream(7, 3) == 3
    assert stream(7, -1) == 2**64 - 1
