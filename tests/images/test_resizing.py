"""The resize rule: fitting, choosing, storing."""

import numpy as np
import pytest

from scallion.errors import ArgumentError, UnknownNameError
from scallion.images.reading.decoding import ImageHeader
from scallion.images.resizing import ResizeRule, choose_resize_rule


@pytest.mark.parametrize(
    ("fit", "expected"),
    [
        ("crop", [[40, 40], [40, 40]]),
        ("stretch", [[20, 60], [20, 60]]),
    ],
)
def test_crop_keeps_the_centre_and_stretch_everything(fit: str, expected: list) -> None:
    columns = np.repeat(np.array([[0, 40, 40, 80]], np.uint8), 2, axis=0)
    found = ResizeRule(2, 2, 1, fit).apply(columns)[..., 0].astype(int)
    assert np.abs(found - expected).max() <= 8


def test_pad_adds_the_colour_of_the_border() -> None:
    wide = np.full((4, 8, 3), 200, np.uint8)
    found = ResizeRule(8, 8, 3, "pad").apply(wide)
    assert (found == 200).all()


def test_rows_are_resized_before_columns_with_every_pillow() -> None:
    tall = [[248, 194], [190, 207], [147, 26], [237, 21], [245, 211], [239, 45], [5, 157]]
    found = ResizeRule(2, 3, 1, "stretch").apply(np.array(tall, np.uint8))
    # Pillow 12; one call of Pillow 13 gives 146, because it resizes the columns first.
    assert found[..., 0].tolist() == [[203, 166, 128], [185, 145, 106]]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(32, 32)] * 3, (32, 32, "crop")),
        ([(40, 30)] * 3, (30, 40, "crop")),
        ([(200, 200)] * 9, (64, 64, "crop")),
        ([(640, 480)] * 9, (64, 84, "crop")),
        ([(640, 480), (480, 640)] * 9, (64, 64, "pad")),
        ([(50, 56), (60, 54)] * 9, (48, 48, "crop")),
        ([(2000, 200), (300, 300)] * 5, (64, 64, "pad")),
    ],
)
def test_the_default_size_comes_from_the_images(
    sizes: list[tuple[int, int]], expected: tuple[int, int, str]
) -> None:

    chosen = choose_resize_rule([ImageHeader("PNG", "RGB", size) for size in sizes])
    assert (chosen.height, chosen.width, chosen.fit) == expected


def test_a_stored_rule_is_the_same() -> None:
    rule = ResizeRule(48, 64, 1, "pad", 0.0, 4095.0)
    assert ResizeRule.from_dict(rule.as_dict()) == rule
    with pytest.raises(ArgumentError, match="not a resize rule"):
        ResizeRule.from_dict({"height": 3})


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((0, 4, 3), ArgumentError),
        ((4, 4, 2), ArgumentError),
        ((4, 4, 3, "squash"), UnknownNameError),
    ],
)
def test_invalid_rules_are_refused(arguments: tuple, error: type[Exception]) -> None:
    with pytest.raises(error):
        ResizeRule(*arguments)


def test_a_rounded_crop_stays_within_the_image() -> None:
    assert ResizeRule(60, 60, 3).apply(np.zeros((62, 76, 3), np.uint8)).shape == (60, 60, 3)
