"""Metadata of a model's file that do not belong to its network are refused by name."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import scallion
from scallion.errors import FileError
from stripe_runs import train_stripes
from stripes import save_stripes


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = save_stripes(tmp_path_factory.mktemp("metadata"))
    return train_stripes(data, epochs=1).run.model


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("class_names", None),
        ("class_names", ["one"]),
        ("class_names", [1, 2, 3]),
        ("input", []),
        ("input.shape", [8, 8, 3]),
        ("input.shape", [8.0, 8, 1]),
        ("input.range", [0]),
        ("input.range", [0, "255"]),
        ("input.range", [0, 1e39]),
        ("input.dtype", "uint8_"),
        ("input.dtype", "O"),
        ("preprocessing", 3),
        ("out_of_distribution", [1]),
        ("abstention", 0.5),
    ],
)
def test_an_edited_entry_is_named(tmp_path: Path, trained: Path, entry: str, value: Any) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(trained) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "scallion.json":
                document = json.loads(content)
                *above, last = entry.split(".")
                holder = document["metadata"]
                for key in above:
                    holder = holder[key]
                holder[last] = value
                content = json.dumps(document).encode()
            target.writestr(name, content)
    with pytest.raises(FileError, match=f"{entry} in scallion.json is not") as caught:
        scallion.load(path)
    assert caught.value.field == entry
    assert caught.value.hint
