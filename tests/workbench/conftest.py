"""A server of a folder with image data, shared by the tests of a file."""

from collections.abc import Iterator

import pytest

from stripes import save_stripes
from workbench_server import Client, serving


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a server whose folder has the array file `stripes.npz`."""
    root = tmp_path_factory.mktemp("workbench")
    save_stripes(root)
    with serving(root) as found:
        yield found
