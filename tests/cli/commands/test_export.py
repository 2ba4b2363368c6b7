"""`scallion export`: the file it writes and what it says."""

import json
from pathlib import Path

import pytest

from commands import Command, refused
from scallion.export import runtimes
from scallion.installation import package_command


@pytest.fixture(autouse=True)
def no_runtimes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "installed", lambda _: None)


def test_an_export_has_the_name_of_the_run(beside_runs: Command) -> None:
    output = beside_runs("export", "runs/stripes-1")
    assert output.code == 0
    assert output.out.startswith("stripes-1.onnx, ")
    assert "-m pip install onnxruntime, then: scallion verify stripes-1.onnx" in output.out
    assert Path("stripes-1.onnx").exists()


def test_an_export_as_json(beside_runs: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    output = beside_runs("export", "runs/stripes-1", "--out", path, "--uint8", "--fold", "--json")
    found = json.loads(output.out)
    assert found["bytes"] == path.stat().st_size
    assert found["verified"] is None
    assert b"uint8, 0 to 255" in path.read_bytes()


def test_an_export_is_verified_without_its_runtime_only_by_its_digest(
    beside_runs: Command, tmp_path: Path
) -> None:
    path = tmp_path / "a.onnx"
    beside_runs("export", "runs/stripes-1", "--out", path)
    refused(
        beside_runs("verify", path),
        "onnxruntime is not installed",
        package_command("onnxruntime"),
    )


def test_unknown_formats_are_refused(beside_runs: Command) -> None:
    refused(
        beside_runs("export", "runs/stripes-1", "--format", "onx"),
        "unknown format. Received: 'onx'",
        "did you mean 'onnx'?",
    )
