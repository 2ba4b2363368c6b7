"""The check of a file's format version."""

import pytest

from scallion.errors import FileVersionError
from scallion.file_versions import require_version


@pytest.mark.parametrize(
    ("found", "described"),
    [(2, "format version 2"), (None, "no format version"), (True, "format version True")],
)
def test_another_version_raises_with_both_versions(found: object, described: str) -> None:
    with pytest.raises(FileVersionError) as caught:
        require_version(found, 1, "model.keras", hint="save it again")
    assert str(caught.value) == (
        f"model.keras has {described}, and this Scallion reads format version 1\n"
        "hint: save it again"
    )
