"""The wheels of scripts/wheels: the same bytes each time, and files that pip accepts."""

import base64
import csv
import hashlib
import importlib
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n\n"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The modules of scripts/ can be imported."""
    monkeypatch.syspath_prepend(SCRIPTS)
    yield importlib.import_module
    for name in ("wheel_writer", "wheel_platforms"):
        sys.modules.pop(name, None)


def pure_wheel(folder: Path, times: tuple[int, ...] = (2020, 1, 1, 0, 0, 0)) -> Path:
    """Write a wheel without a compiled engine, as the build backend does."""
    folder.mkdir()
    path = folder / "scallion-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in (
            ("scallion/__init__.py", "__version__ = '0.1.0'\n"),
            ("scallion-0.1.0.dist-info/METADATA", "Name: scallion\n"),
            ("scallion-0.1.0.dist-info/WHEEL", WHEEL),
            ("scallion-0.1.0.dist-info/RECORD", ""),
        ):
            wheel.writestr(zipfile.ZipInfo(name, times), text)
    return path


def pack(scripts: Any, folder: Path, pure: Path, platform: str) -> Path:
    library = folder / "library"
    library.write_bytes(b"compiled")
    dist = folder / "dist" / pure.parent.name
    dist.mkdir(parents=True)
    found = scripts("wheel_platforms").PLATFORMS[platform]
    return scripts("wheel_writer").pack_platform_wheel(pure, library, found, dist)


def test_the_same_contents_give_the_same_bytes(scripts: Any, tmp_path: Path) -> None:
    first = pure_wheel(tmp_path / "first")
    second = pure_wheel(tmp_path / "second", (2024, 6, 7, 8, 9, 10))
    packed = [pack(scripts, tmp_path, pure, "macos-arm64").read_bytes() for pure in (first, second)]
    assert packed[0] == packed[1]


@pytest.mark.parametrize(
    ("platform", "ending", "library"),
    [
        ("linux-x86_64", "manylinux_2_17_x86_64.manylinux2014_x86_64", "libscallion.so"),
        ("linux-aarch64", "manylinux_2_17_aarch64.manylinux2014_aarch64", "libscallion.so"),
        ("macos-arm64", "macosx_11_0_arm64", "libscallion.dylib"),
        ("macos-x86_64", "macosx_11_0_x86_64", "libscallion.dylib"),
        ("windows-x86_64", "win_amd64", "scallion.dll"),
    ],
)
def test_a_wheel_has_its_platform_and_a_correct_record(
    platform: str, ending: str, library: str, scripts: Any, tmp_path: Path
) -> None:
    path = pack(scripts, tmp_path, pure_wheel(tmp_path / "pure"), platform)
    assert path.name == f"scallion-0.1.0-py3-none-{ending}.whl"
    with zipfile.ZipFile(path) as wheel:
        contents = {name: wheel.read(name) for name in wheel.namelist()}
    assert contents[f"scallion/engine/{library}"] == b"compiled"
    lines = contents["scallion-0.1.0.dist-info/WHEEL"].decode().splitlines()
    assert "Root-Is-Purelib: false" in lines
    assert [f"Tag: py3-none-{tag}" for tag in ending.split(".")] == [
        line for line in lines if line.startswith("Tag:")
    ]
    record = "scallion-0.1.0.dist-info/RECORD"
    rows = {row[0]: row[1:] for row in csv.reader(contents[record].decode().splitlines())}
    assert set(rows) == set(contents)
    for name in set(contents) - {record}:
        digest = base64.urlsafe_b64encode(hashlib.sha256(contents[name]).digest()).decode()
        assert rows[name] == [f"sha256={digest.rstrip('=')}", str(len(contents[name]))]
