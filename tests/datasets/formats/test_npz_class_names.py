"""The array `class_names` of an `.npz` file."""

from pathlib import Path

import numpy as np
import pytest

from scallion import images
from scallion.errors import DataError


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cat", "dog", "cat"], "class_names names several classes 'cat'"),
        (["cat", "", "dog"], "class_names has an empty name"),
        (["cat", " ", "dog"], "class_names has an empty name"),
    ],
    ids=["twice", "empty", "blank"],
)
def test_names_that_do_not_tell_classes_apart_are_refused(
    names: list[str], message: str, tmp_path: Path
) -> None:
    pixels = np.zeros((30, 8, 8), np.uint8)
    np.savez(tmp_path / "m.npz", x=pixels, y=np.arange(30) % 3, class_names=np.array(names))
    with pytest.raises(DataError, match=message) as caught:
        images.load(tmp_path / "m.npz")
    assert "a name of its own" in str(caught.value.hint)
