"""A run on the pretrained network: without a network, with its notice, in every command."""

import base64
import gzip
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion.applications.pretrained import NOTICE
from scallion.export import FORMATS, export_run, runtimes

WITHOUT_NETWORK = """
import socket, sys

def refuse(*arguments, **keywords):
    raise AssertionError("the network was used")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from scallion.cli import main
sys.argv = ["scallion", *sys.argv[1:]]
main()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 44 photographs of two classes, the first run on them, and its cache."""
    home = tmp_path_factory.mktemp("pretrained")
    random = np.random.default_rng(0)
    for number in range(44):
        place = home / "photos" / f"class{number % 2}"
        place.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 90, (32, 32, 3)).astype(np.uint8)
        pixels[:: 4 if number % 2 else 2] += 120
        Image.fromarray(pixels).save(place / f"{number}.png")
    done = offline(home, "train", "photos", "--size", "32", "--json")
    assert json.loads(done)["model"] == "pretrained"
    return home


def offline(home: Path, *words: str) -> str:
    """Return the output of a command that cannot use a network."""
    environment = {"SCALLION_CACHE": str(home / "cache"), "PATH": "", "HOME": str(home)}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)  # the package that these tests import
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NETWORK, *words],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "runs/photos-1", "photos/class0/0.png"),
        ("evaluate", "runs/photos-1"),
        ("explain", "runs/photos-1", "photos/class0/0.png"),
        ("diagnose", "runs/photos-1"),
        ("verify", "runs/photos-1"),
    ],
    ids=lambda words: words[0],
)
def test_commands_work_without_a_network(home: Path, words: tuple[str, ...]) -> None:
    assert offline(home, *words)


def test_the_report_has_the_notice(home: Path) -> None:
    offline(home, "report", "runs/photos-1")
    assert NOTICE in (home / "runs/photos-1/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_every_export_has_the_notice(
    name: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "installed", lambda _: None)
    path = export_run(home / "runs/photos-1", tmp_path / f"m{FORMATS[name].suffix}", name).path
    files = [path] if path.is_file() else [*path.iterdir()]
    words = re.sub(r"\s+", " ", NOTICE).encode()
    assert any(words in re.sub(rb"\s+", b" ", part) for file in files for part in parts_of(file))


def parts_of(file: Path) -> list[bytes]:
    """Return a file with what is compressed or encoded in it."""
    content = file.read_bytes()
    parts = [content]
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts += [archive.read(name) for name in archive.namelist()]
    for text in re.findall(rb'"(H4sI[A-Za-z0-9+/=]+)"', content):
        parts.append(gzip.decompress(base64.b64decode(text)))
    return parts
