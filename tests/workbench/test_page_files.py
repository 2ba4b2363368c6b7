"""The files of the page: released libraries as they are, small, and without inline code."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scallion import html
from scallion.workbench.page_files import FOLDER, content_policy, read_page_files
from workbench_server import Client

FILES = read_page_files()
OWN = [name for name in FILES if name.startswith("app/")]
MOST = 250_000  # bytes of all files


def imports(name: str) -> Iterator[str]:
    """Yield what a module imports."""
    yield from re.findall(r'^import [^;]*?from "([^"]+)";', FILES[name].content.decode(), re.M)


def test_libraries_are_the_released_files() -> None:
    record = json.loads((FOLDER / "vendor" / "vendor.json").read_text())
    for name, entry in record.items():
        content = (FOLDER / "vendor" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], name
    packages = {entry["package"] for entry in record.values()}
    licensed = {entry["package"] for name, entry in record.items() if "LICENSE" in name}
    assert packages - licensed == {"@preact/signals-core"}  # of the repository of signals


def test_the_page_is_small() -> None:
    assert sum(len(file.content) for file in FILES.values()) < MOST


def test_the_style_is_that_of_reports() -> None:
    assert FILES["style/shared.css"].content.decode() == html.page_style()


@pytest.mark.parametrize("name", OWN)
def test_every_import_is_a_file_of_the_page(name: str) -> None:
    (text,) = re.findall(
        r'<script type="importmap">(.*?)</script>', FILES["index.html"].content.decode()
    )
    known = json.loads(text)["imports"]
    for imported in imports(name):
        place = known.get(imported) or f"/page/app/{imported.removeprefix('./')}"
        assert place.removeprefix("/page/") in FILES, imported


@pytest.mark.parametrize("name", [*OWN, "index.html"])
def test_no_text_becomes_code_or_html(name: str) -> None:
    text = FILES[name].content.decode()
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "eval(",
        "Function(",
        "document.write",
    ):
        assert word not in text
    assert "dangerouslySet" not in text
    assert not re.search(r"https?://(?!www\.w3\.org)", text)


def test_the_shell_has_no_inline_code_but_the_import_map() -> None:
    shell = FILES["index.html"].content.decode()
    assert not re.search(r"<style|\son\w+=|\sstyle=|javascript:", shell)
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>", shell)
    assert inline == ['<script type="importmap">']
    policy = content_policy(FILES["index.html"].content)
    assert policy.count("'sha256-") == 1
    assert "unsafe" not in policy


def test_files_are_served_by_name_with_their_type(client: Client) -> None:
    for name, file in FILES.items():
        path = "/" if name == "index.html" else f"/page/{name}"
        answer = client.request("GET", path)
        assert (answer.status, answer.body) == (200, file.content), name
        assert answer.headers["Content-Type"] == file.media_type
        again = client.request("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")
    assert client.request("GET", "/page/index.html").status == 404
    assert client.request("GET", "/page/vendor/vendor.json").status == 404
    assert not list(Path(FOLDER).rglob("*.map"))
