"""Copies of real garments are distinguished from other garments of the same cut."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from scallion import datasets
from scallion.images.checks.near_duplicates import find_near_duplicates
from scallion.images.resizing import ResizeRule

Pixels = NDArray[np.uint8]
COUNT = 200


@pytest.fixture(scope="module")
def garments() -> Pixels:
    """The training images of Fashion-MNIST (60000, 28, 28, 1)."""
    return datasets.find("fashion-mnist").load().x_train.reshape(-1, 28, 28, 1)


def changed_copy(garment: Pixels, how: str) -> Pixels:
    image = Image.fromarray(garment[..., 0])
    file = io.BytesIO()
    if how in ("JPEG", "WEBP"):
        image.save(file, how, quality=50)
    elif how == "brighter":
        ImageEnhance.Brightness(image).enhance(1.08).save(file, "PNG")
    elif how == "mirrored":
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(file, "PNG")
    else:
        side = int(how)
        image.resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
    return ResizeRule(28, 28, 1).apply(file.getvalue())


def count_found(garments: Pixels, how: str) -> tuple[int, int]:
    """Return how many copies of 200 garments are found as near-duplicates, and as mirrored."""
    some = garments[:COUNT]
    copies = np.stack([changed_copy(garment, how) for garment in some])
    near = find_near_duplicates(np.concatenate([some, copies]), np.arange(2 * COUNT))
    wanted = {(row, row + COUNT) for row in range(COUNT)}
    same, mirrored = (set(map(tuple, pairs.tolist())) for pairs in (near.same, near.mirrored))
    return len(same & wanted), len(mirrored & wanted)


# Required are 95 % over all qualities from 50 and all sizes from half to double: the hardest of
# each are tested. Of the copies at half the size, the previous rule found 63 %.
@pytest.mark.parametrize("how", ["JPEG", "WEBP", "14", "20", "42", "56", "brighter"])
def test_copies_of_garments_are_found(garments: Pixels, how: str) -> None:
    same, mirrored = count_found(garments, how)
    assert same >= 0.95 * COUNT
    assert mirrored == 0


def test_mirrored_garments_are_reported_apart(garments: Pixels) -> None:
    same, mirrored = count_found(garments, "mirrored")
    assert mirrored >= 0.95 * COUNT
    assert same + mirrored <= COUNT


# The previous rule, a correlation of the pixels with a limit per pixel, called each of these pairs
# duplicates. The numbers are indices of training images.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(893, 49614, id="a plain shirt and a printed one"),
        pytest.param(5081, 8338, id="hoodies with an A and a square"),
        pytest.param(5081, 9664, id="hoodies with an A and a disc"),
        pytest.param(35999, 47716, id="hoodies with other words"),
        pytest.param(21259, 57548, id="a plain and a chequered shirt"),
        pytest.param(27344, 44310, id="tops with another neck"),
        pytest.param(22132, 30418, id="glittering and plain trousers"),
        pytest.param(17503, 25392, id="trousers with another waist"),
        pytest.param(12609, 40607, id="leggings with other seams"),
    ],
)
def test_similar_garments_are_not_duplicates(garments: Pixels, one: int, other: int) -> None:
    assert not len(find_near_duplicates(garments, np.array([one, other])).same)
