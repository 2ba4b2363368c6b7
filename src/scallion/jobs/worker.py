"""A worker process: `python -m scallion.jobs.worker`, which trains the runs that it is sent.

Requests are lines on standard input, replies are lines on standard output (see `messages`); what
else is printed goes to standard error. When the input is closed, the process stops its training
and exits, unless it is detached: then it finishes the training first.
"""

import os
import queue
import sys
import threading
import traceback
import warnings
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any, BinaryIO

from scallion import runs, session
from scallion.errors import ScallionError, TrainingError
from scallion.jobs.messages import (
    CancelRequest,
    ErrorReply,
    EventReply,
    Message,
    ResultReply,
    RunRequest,
    request_decoder,
)
from scallion.runs import RunFolder, Settings
from scallion.runs.events import AnyEvent, StartEvent, WarningEvent


class Worker:
    """Trains requested runs one after another, and writes replies."""

    def __init__(self, replies: BinaryIO, *, is_detached: bool) -> None:
        self._replies = replies
        self._is_detached = is_detached
        self._requests: queue.Queue[tuple[RunRequest, threading.Event] | None] = queue.Queue()
        self._run: RunFolder | None = None

    def read(self, requests: BinaryIO) -> None:
        """Queue requests until the input is closed; cancel at once. Runs in a thread of its own."""
        cancel = threading.Event()
        for line in requests:
            request = request_decoder.decode(line)
            if isinstance(request, CancelRequest):
                cancel.set()
            else:
                cancel = threading.Event()
                self._requests.put((request, cancel))
        if not self._is_detached:
            cancel.set()
        self._requests.put(None)

    def train_all(self) -> None:
        """Train the requested runs, until the input is closed."""
        warnings.showwarning = self._report_warning
        while (item := self._requests.get()) is not None:
            self._reply(self._train(*item))

    def _train(self, request: RunRequest, cancel: threading.Event) -> Message:
        self._run = None
        try:
            if request.resume is not None:
                result = runs.resume(
                    request.resume,
                    on_event=self._report,
                    cancel=cancel,
                    options=request.options,
                )
            else:
                result = runs.run(
                    Settings.from_dict(request.settings or {}),
                    minutes=request.minutes,
                    on_event=self._report,
                    cancel=cancel,
                    options=request.options,
                )
        except TrainingError as error:
            # The folder of a run that diverged holds its result.
            return ErrorReply.of(error) if self._run is None else _result_reply(self._run)
        except ScallionError as error:
            return ErrorReply.of(error)
        except Exception as error:
            traceback.print_exc()
            return ErrorReply.of(error)
        return _result_reply(result.run)

    def _report(self, event: AnyEvent) -> None:
        if isinstance(event, StartEvent):
            self._run = RunFolder.open(event.run)
        self._reply(EventReply(event=event))

    def _report_warning(self, message: Warning | str, *_place: Any, **_stream: Any) -> None:
        self._reply(EventReply(event=WarningEvent(message=str(message))))

    def _reply(self, message: Message) -> None:
        with suppress(OSError):  # nobody reads any more: the end of the input says so, too
            self._replies.write(message.to_line())


def _result_reply(run: RunFolder) -> ResultReply:
    return ResultReply(run=str(run.path))


def main() -> None:
    """Train requested runs until standard input is closed."""
    parser = ArgumentParser(prog="python -m scallion.jobs.worker")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--detached", action="store_true")
    arguments = parser.parse_args()
    session.set_threads(arguments.threads)
    session.set_engine(None if arguments.engine == "auto" else arguments.engine)
    # Whatever is printed must not end up among the replies.
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    worker = Worker(replies, is_detached=arguments.detached)
    threading.Thread(target=worker.read, args=(sys.stdin.buffer,), daemon=True).start()
    try:
        worker.train_all()
    except KeyboardInterrupt:
        os._exit(130)  # Ctrl-C while it waits; the thread that reads cannot be ended otherwise


if __name__ == "__main__":
    main()
