"""Changed exports: whatever a file says or computes, a change of it is found."""

import copy
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scallion import protobuf
from scallion.errors import FileError
from scallion.export import FORMATS, export_run, runtimes, verify_export
from scallion.export.html import html_file
from scallion.export.onnx import model_proto

EXEMPT = ("verified", "how_to_verify", "exported")  # what the exporting machine had installed
needs_node = pytest.mark.skipif(html_file.runtime() is None, reason="there is no Node")


@pytest.fixture
def exported(
    request: pytest.FixtureRequest,
    finished_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """An export in the format that the test names, without its runtime."""
    name = request.param
    with monkeypatch.context() as bare:
        bare.setattr(runtimes, "installed", lambda _: None)
        bare.setattr(runtimes, "node", lambda: None)
        return export_run(finished_run, tmp_path / f"model{FORMATS[name].suffix}", name).path


def changes(value: Any) -> Iterator[Any]:
    """Yield copies of a JSON value, each with one leaf or key changed."""
    if isinstance(value, dict):
        for key in value:
            if key not in EXEMPT:
                for one in changes(value[key]):
                    yield {**value, key: one}
    elif isinstance(value, list) and value:
        for place, entry in enumerate(value):
            for one in changes(entry):
                changed = copy.copy(value)
                changed[place] = one
                yield changed
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    else:
        yield f"{value}x"


def undetected(value: Any, accepts: Callable[[Any], bool]) -> list[str]:
    """Return the changes of a JSON value that are accepted."""
    tried = list(changes(value))
    assert len(tried) > 10
    return [json.dumps(one)[:300] for one in tried if accepts(one)]


def is_refused(path: Path) -> bool:
    try:
        verify_export(path)
    except FileError:
        return True
    return False


@pytest.mark.parametrize("exported", ["keras"], indirect=True)
@pytest.mark.parametrize("member", ["verification.json", "scallion.json", "config.json"])
def test_a_changed_member_of_a_keras_export_is_found(exported: Path, member: str) -> None:
    with zipfile.ZipFile(exported) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}

    def accepts(changed: Any) -> bool:
        with zipfile.ZipFile(exported, "w") as archive:
            for one, content in members.items():
                archive.writestr(one, json.dumps(changed) if one == member else content)
        return not is_refused(exported)

    assert undetected(json.loads(members[member]), accepts) == []


@pytest.mark.parametrize("exported", ["onnx"], indirect=True)
def test_a_changed_entry_of_an_onnx_export_is_found(exported: Path) -> None:
    content = exported.read_bytes()
    graph = b""
    metadata: dict[str, Any] = {}
    for number, value in protobuf.fields(content):
        if number == model_proto.GRAPH_FIELD:
            assert isinstance(value, bytes)
            graph = value
        elif number == model_proto.METADATA_FIELD:
            pair: Any = dict(protobuf.fields(value))  # type: ignore[arg-type]
            text = pair[2].decode()
            metadata[pair[1].decode()] = json.loads(text) if text[0] in "[{" else text

    def accepts(changed: Any) -> bool:
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in changed.items()
        }
        exported.write_bytes(model_proto.model(graph, "0", texts))
        try:
            return not is_refused(exported)
        except ValueError:  # onnxruntime is not installed, so the digest was right
            return True

    assert undetected(metadata, accepts) == []


@needs_node
@pytest.mark.parametrize("exported", ["html"], indirect=True)
def test_a_changed_statement_of_a_page_is_found(exported: Path) -> None:
    text = exported.read_text()
    found = re.search(r'id="statement">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    tried = list(changes(json.loads(found[1])))
    # Each takes Node a moment, and all are found by one digest: a few places are enough.
    for one in tried[:: len(tried) // 6]:
        exported.write_text(text.replace(found[1], json.dumps(one).replace("<", "\\u003c")))
        assert is_refused(exported)


# Runs the verification of predict.py without PyTorch; exits with 3 where the digest is right.
STUB = """
import sys, types
sys.modules["torch"] = types.ModuleType("torch")
sys.modules["model"] = types.SimpleNamespace(Network=None)
sys.dont_write_bytecode = True
import json, predict
def digest_is_right(_):
    raise ZeroDivisionError
predict.predict = digest_is_right
undetected = []
for line in open("changes"):
    predict.EXPORT = json.loads(line)
    predict.DESCRIPTION = predict.EXPORT["description"]
    predict.VERIFICATION = predict.EXPORT["verification"]
    try:
        predict.verify()
    except SystemExit:
        continue
    except ZeroDivisionError:
        undetected.append(line[:300])
print(json.dumps(undetected))
"""


def _verify_without_torch(folder: Path, exports: list[Any]) -> list[str]:
    """Return the versions of export.json that the digest accepts."""
    (folder / "changes").write_text("".join(f"{json.dumps(one)}\n" for one in exports))
    done = subprocess.run(
        [sys.executable, "-c", STUB], cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("exported", ["torch"], indirect=True)
def test_a_changed_entry_of_a_folder_is_found(exported: Path) -> None:
    export = json.loads((exported / "export.json").read_text())
    assert len(_verify_without_torch(exported, [export])) == 1
    assert _verify_without_torch(exported, list(changes(export))) == []


@pytest.mark.parametrize("exported", ["torch"], indirect=True)
@pytest.mark.parametrize("name", ["model.py", "model.safetensors", "check_images.safetensors"])
def test_a_changed_file_of_a_folder_is_found(exported: Path, name: str) -> None:
    content = bytearray((exported / name).read_bytes())
    content[-2] ^= 1
    (exported / name).write_bytes(content)
    export = json.loads((exported / "export.json").read_text())
    assert _verify_without_torch(exported, [export]) == []
