"""Decoding processes: the same images, whatever happens to the processes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import files, images, session
from scallion.images import loading
from scallion.images.reading import decoding_processes

Folder = Callable[..., Path]
TWO = {"cat": 60, "dog": 60}


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Start processes for few images, and wait until they are ready; returns those started."""
    started: list[subprocess.Popen[bytes]] = []
    add = decoding_processes._DecoderPool.add_process

    def add_and_wait(self: decoding_processes._DecoderPool) -> None:
        add(self)
        if self._workers:
            process, thread = self._workers[-1]
            started.append(process)
            thread.join()
            self._free.get()  # this process itself, so that the worker does the job

    monkeypatch.setattr(decoding_processes, "MIN_IMAGES", 10)
    monkeypatch.setattr(decoding_processes._DecoderPool, "add_process", add_and_wait)
    monkeypatch.setattr(session._session, "threads", 2)
    return started


def test_processes_decode_the_same_pixels(
    folder: Folder, processes: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(TWO)
    (place / "cat" / "broken.png").write_bytes(b"nothing")
    (place / "dog" / "größe\n.png").write_bytes((place / "dog" / "0061.png").read_bytes())
    there = images.load(place)
    assert len(processes) == 1
    assert processes[0].returncode is not None
    monkeypatch.setattr(decoding_processes, "MIN_IMAGES", 1000)
    monkeypatch.setenv(files.CACHE_VARIABLE, str(place.parent / "another cache"))
    here = images.load(place)
    assert len(processes) == 1
    assert np.array_equal(there.pixels, here.pixels)
    assert np.array_equal(there.cached.metadata, here.cached.metadata)
    assert there.cached.unreadable == here.cached.unreadable


def test_colours_found_by_a_process_are_kept(
    folder: Folder, processes: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_SAMPLE", 2)
    place = folder(TWO, grey=True)
    Image.new("RGB", (8, 8), "red").save(place / "cat" / "0030.png")
    assert images.load(place).image_shape == (8, 8, 3)
    assert len(processes) == 2


def test_a_killed_process_loses_no_image(
    folder: Folder, processes: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = decoding_processes._Worker.__call__

    def kill_and_call(
        self: decoding_processes._Worker, job: decoding_processes.DecodingJob
    ) -> object:
        self._process.kill()
        self._process.wait()
        return call(self, job)

    monkeypatch.setattr(decoding_processes._Worker, "__call__", kill_and_call)
    found = images.load(folder(TWO))
    assert len(processes) == 1
    assert sum(map(len, found.splits)) == 120


@pytest.mark.parametrize(
    "command",
    ["raise SystemExit", "print('hello', flush=True); import sys; sys.stdin.read()"],
    ids=["ends", "prints something else"],
)
def test_other_programs_get_no_jobs(
    folder: Folder,
    processes: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    monkeypatch.setattr(decoding_processes, "_COMMAND", command)
    found = images.load(folder(TWO))
    assert len(processes) == 1
    assert sum(map(len, found.splits)) == 120


@pytest.mark.parametrize("executable", ["", "/usr/bin/an-application", "/nowhere/python3"])
def test_threads_decode_where_no_python_starts(
    folder: Folder,
    processes: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    executable: str,
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    found = images.load(folder(TWO))
    assert processes == []
    assert sum(map(len, found.splits)) == 120


def test_an_interruption_leaves_no_process_and_no_cache(
    folder: Folder, processes: list[subprocess.Popen[bytes]]
) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        images.load(folder(TWO), progress=interrupt)
    assert [process.returncode is None for process in processes] == [False]
    assert [path for path in files.cache_dir().rglob("*") if path.is_file()] == []


@pytest.mark.skipif(os.name == "nt", reason="not about Windows")
def test_a_script_without_a_main_guard_runs_once(folder: Folder, tmp_path: Path) -> None:
    place = folder(TWO)
    script = tmp_path / "script.py"
    script.write_text(
        "from scallion import images, session\n"
        "from scallion.images.reading import decoding_processes\n"
        "decoding_processes.MIN_IMAGES = 10\n"
        "session.set_threads(2)\n"
        f"found = images.load({str(place)!r})\n"
        "print('images', sum(map(len, found.splits)))\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == ("images 120\n", "")
