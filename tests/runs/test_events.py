"""Events: the lines of `events.jsonl`, written whole and read while the file grows."""

import json
import sys
import threading
import time
from pathlib import Path

import pytest

from scallion import runs
from scallion.errors import FileError, FileVersionError
from scallion.runs import RunFolder, events, follow_events, read_events
from scallion.runs.events import BestEvent, EndEvent, EvaluateEvent, EventLog, StepEvent
from scallion.runs.folder import lock

END = EndEvent(status="finished", epochs=1, best_epoch=1, steps=7, seconds=1.5)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "mnist", {"config.json": {"format_version": 1}})


def test_a_line_has_kind_version_and_time(run: RunFolder) -> None:
    with EventLog(run) as log:
        log.write(BestEvent(epoch=3, val_accuracy=0.5, val_loss=None, time=12.5))
    assert [json.loads(line) for line in run.events.read_text().splitlines()] == [
        {
            "event": "best",
            "version": 1,
            "time": 12.5,
            "epoch": 3,
            "val_accuracy": 0.5,
            "val_loss": None,
        }
    ]


def test_events_come_back_as_they_were(run: RunFolder) -> None:
    step = StepEvent(
        step=3,
        steps=7,
        epoch=1,
        epochs=1,
        loss=0.1 + 0.2,
        metrics={"f1_score": [0.5, None]},
        learning_rate=1e-3,
        seconds_left=None,
    )
    written = [step, EvaluateEvent(split="test"), END]
    with EventLog(run) as log:
        for event in written:
            log.write(event)
    assert read_events(run.path) == written


def test_a_run_without_events_has_none(run: RunFolder) -> None:
    assert read_events(run.path) == []


def test_a_torn_last_line_is_left_out_and_then_replaced(run: RunFolder) -> None:
    with EventLog(run) as log:
        log.write(EvaluateEvent(split="test"))
    with run.events.open("ab") as file:
        file.write(END.to_json()[:20])
    assert len(read_events(run.path)) == 1
    with EventLog(run) as log:
        log.write(END)
    assert read_events(run.path)[1:] == [END]


def test_unknown_kinds_and_keys_are_skipped(run: RunFolder) -> None:
    known = {**json.loads(END.to_json()), "colour": "blue"}
    lines = [{"event": "moved", "version": 1, "time": 1.0, "to": "x"}, known]
    run.events.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert read_events(run.path) == [END]


def test_another_version_is_refused_by_name(run: RunFolder) -> None:
    run.events.write_text('{"event":"end","version":2,"time":1}\n')
    with pytest.raises(FileVersionError, match=r"events\.jsonl, line 1: .*format version 2"):
        read_events(run.path)


@pytest.mark.parametrize("line", ["{", '{"version":1}', '{"event":"end","version":1,"time":"x"}'])
def test_a_damaged_line_is_named(run: RunFolder, line: str) -> None:
    run.events.write_text(END.to_json().decode() + f"\n{line}\n")
    with pytest.raises(FileError, match=r"events\.jsonl, line 2: this is not an event"):
        read_events(run.path)


def test_following_ends_with_the_training(run: RunFolder) -> None:
    seen: list[events.AnyEvent] = []
    reader = threading.Thread(target=lambda: seen.extend(follow_events(run.path, poll=0.01)))
    with lock.training_lock(run), EventLog(run) as log:
        log.write(EvaluateEvent(split="validation"))
        reader.start()
        time.sleep(0.1)
        assert len(seen) == 1
        assert reader.is_alive()
        log.write(EvaluateEvent(split="test"))
        log.write(END)
    reader.join(5)
    assert [type(event) for event in seen] == [EvaluateEvent, EvaluateEvent, EndEvent]


def test_following_a_dead_training_ends(run: RunFolder) -> None:
    with EventLog(run) as log:
        log.write(EvaluateEvent(split="validation"))
    assert len(list(follow_events(run.path))) == 1


def test_every_kind_is_in_the_schema() -> None:
    documented = events.__doc__.split("`event`", 1)[1]
    for kind in (
        "load",
        "start",
        "forecast",
        "features",
        "step",
        "epoch",
        "best",
        "evaluate",
        "finding",
        "end",
    ):
        assert f"`{kind}`" in documented
    assert runs.run.__doc__


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_the_file_of_events_is_not_executable(tmp_path: Path) -> None:
    with EventLog(RunFolder(tmp_path)):
        assert not (tmp_path / "events.jsonl").stat().st_mode & 0o111


def test_events_of_another_version_are_not_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"event":"best","version":99,"time":1.0}\n')
    with pytest.raises(FileVersionError, match="format version 99") as caught:
        EventLog(RunFolder(tmp_path))
    assert "without --resume" in str(caught.value.hint)
    assert path.read_bytes().count(b"\n") == 1
