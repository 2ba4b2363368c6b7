"""The events of a run as server-sent events: replayed from `events.jsonl`, then followed live."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from scallion.runs.folder import lock
from scallion.runs.folder.run_folder import RunFolder

_POLL_SECONDS = 0.2
_ALIVE_SECONDS = 15.0  # between two comments, which show that the reader is still there
_STEP = b'{"event":"step"'
_EPOCH = b'{"event":"epoch"'
_MAX_READ = 1 << 24  # bytes at a time


async def stream_events(run: RunFolder, start: int = 0) -> AsyncIterator[bytes]:
    """Yield the events of a run as an event stream, from a place in its file on.

    The id of each message is the place after it, so a browser that connects again misses nothing
    and sees nothing twice. Steps of epochs that are complete are left out. The stream ends with
    the message `done`, once no process trains in the folder.
    """
    position, quiet = max(0, start), 0.0
    yield b"retry: 1000\n\n"
    while True:
        # Whether it trains is asked before reading, so that no last event is missed.
        is_training = await asyncio.to_thread(lock.is_locked, run)
        data = await asyncio.to_thread(_read_from, run.events, position)
        complete = data[: data.rfind(b"\n") + 1]
        if complete:
            messages, position, quiet = _messages(complete, position), position + len(complete), 0.0
            yield messages
            continue
        if not is_training:
            yield b"event: done\ndata: {}\n\n"
            return
        await asyncio.sleep(_POLL_SECONDS)
        quiet += _POLL_SECONDS
        if quiet >= _ALIVE_SECONDS:
            quiet = 0.0
            yield b": still training\n\n"


def _messages(lines: bytes, position: int) -> bytes:
    """Return lines of JSON as messages; each line is complete, and holds no line end."""
    last_epoch = lines.rfind(_EPOCH)
    found: list[bytes] = []
    place = 0
    for line in lines.split(b"\n")[:-1]:
        is_old_step = place < last_epoch and line.startswith(_STEP)
        place += len(line) + 1
        if line and not is_old_step and b"\r" not in line:
            found.append(b"id: %d\ndata: %s\n\n" % (position + place, line))
    return b"".join(found)


def _read_from(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position)
            return file.read(_MAX_READ)
    except FileNotFoundError:
        return b""
