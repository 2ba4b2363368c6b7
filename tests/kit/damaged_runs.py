"""Random damage to the files of a run folder, and everything that reads them."""

import io
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from scallion import runs
from scallion.errors import ScallionError
from scallion.models.files.model_reader import verify
from scallion.report import explain_images, write_report

WRONG = (None, True, -1, 0, 7, 2**70, 1.5, -1e308, "x", "", [], ["x"], [None], {}, {"x": {"y": 1}})


def damage(run: Path, draw: random.Random) -> str:
    """Damage one file of a run folder; return what was done, for the message of a test."""
    path = draw.choice(sorted(path for path in run.rglob("*") if path.is_file()))
    name = path.relative_to(run)
    kinds: list[Callable[[Path, random.Random], str]] = [_delete, _cut, _scribble]
    if path.suffix == ".json":
        kinds += [_change_value] * 12
    elif path.suffix == ".jsonl":
        kinds += [_change_line] * 6
    elif path.suffix == ".csv":
        kinds += [_change_cell] * 6
    elif path.suffix == ".npz":
        kinds += [_change_member] * 6
    return f"{name}: {draw.choice(kinds)(path, draw)}"


def unexpected_errors(run: Path, other: Path, image: Path, names: list[str]) -> Iterator[str]:
    """Yield the name of each action on the run that raises an error that is not ours, with it."""
    for name in names:
        try:
            with suppress(ScallionError):
                ACTIONS[name](run, other, image)
        except Exception as error:
            yield f"{name}: {type(error).__name__}: {error}"


def _resume(run: Path, other: Path, image: Path) -> None:
    copy = run.with_name(f"{run.name}-resumed")
    shutil.copytree(run, copy)
    try:
        runs.resume(copy)
    finally:
        shutil.rmtree(copy)


def _list(run: Path, other: Path, image: Path) -> None:
    found = runs.list_runs(run.parent)
    assert any(one.run == str(other) and one.status == "finished" for one in found)


ACTIONS: dict[str, Callable[[Path, Path, Path], Any]] = {
    "list": _list,
    "result": lambda run, *_: runs.read_result(runs.RunFolder.open(run)),
    "events": lambda run, *_: runs.read_events(run),
    "verify": lambda run, *_: verify(runs.RunFolder.model_of(run)),
    "predict": lambda run, _, image: runs.Classifier.load(run).classify(image),
    "explain": lambda run, _, image: list(explain_images(run, [image], out=run / "explained")),
    "evaluate": lambda run, *_: runs.evaluate_run(run),
    "diagnose": lambda run, *_: runs.diagnose_run(runs.open_run(run)),
    "compare": lambda run, other, _: runs.compare_runs([run, other]),
    "resume": _resume,
    "report": lambda run, *_: write_report(run),
}


def _delete(path: Path, draw: random.Random) -> str:
    path.unlink()
    return "deleted"


def _cut(path: Path, draw: random.Random) -> str:
    content = path.read_bytes()
    size = draw.randint(0, max(0, len(content) - 1))
    path.write_bytes(content[:size])
    return f"cut to {size} bytes"


def _scribble(path: Path, draw: random.Random) -> str:
    content = bytearray(path.read_bytes() or b"x")
    places = [draw.randrange(len(content)) for _ in range(draw.randint(1, 8))]
    for place in places:
        content[place] = draw.randrange(256)
    path.write_bytes(content)
    return f"other bytes at {places}"


def _change_value(path: Path, draw: random.Random) -> str:
    document = json.loads(path.read_bytes())
    text = _change_json(document, draw)
    path.write_text(json.dumps(document))
    return text


def _change_line(path: Path, draw: random.Random) -> str:
    lines = path.read_text().splitlines()
    number = draw.randrange(len(lines))
    event = json.loads(lines[number])
    text = _change_json(event, draw)
    lines[number] = json.dumps(event)
    path.write_text("\n".join(lines) + "\n")
    return f"line {number + 1}: {text}"


def _change_cell(path: Path, draw: random.Random) -> str:
    rows = [line.split(",") for line in path.read_text().splitlines()]
    row = draw.choice(rows)
    place = draw.randrange(len(row))
    row[place] = draw.choice(["", "x", "nan", "inf", "-1", "1e400", "1,2", '"'])
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return f"a cell is {row[place]!r}"


def _change_member(path: Path, draw: random.Random) -> str:
    """Change a value in a JSON member of a zip, with right checksums."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = draw.choice(sorted(name for name in members if name.endswith(".json")))
    document = json.loads(members[name])
    text = _change_json(document, draw)
    members[name] = json.dumps(document).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    path.write_bytes(out.getvalue())
    return f"{name}: {text}"


def _change_json(document: Any, draw: random.Random) -> str:
    """Replace or delete a random value in a JSON document, or change its version."""
    places = list(_places(document, ""))
    parent, key, where = draw.choice(places)
    if draw.random() < 0.2 and isinstance(parent, dict):
        del parent[key]
        return f"{where} deleted"
    parent[key] = draw.choice(WRONG)
    return f"{where} = {parent[key]!r}"


def _places(value: Any, where: str) -> Iterator[tuple[Any, Any, str]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in list(items)[:60]:  # enough of long lists
        yield value, key, f"{where}/{key}"
        if isinstance(entry, dict | list):
            yield from _places(entry, f"{where}/{key}")
