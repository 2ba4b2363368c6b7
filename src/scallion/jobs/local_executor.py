"""The executor of this machine: worker processes of a few threads each."""

import os
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import msgspec

import scallion
from scallion import engine as engines
from scallion import session
from scallion.errors import ArgumentError, CancelledError, JobError, ScallionError
from scallion.files import StrPath
from scallion.jobs.executor import OnJobDone, OnJobEvent
from scallion.jobs.job import Job
from scallion.jobs.messages import (
    CancelRequest,
    ErrorReply,
    EventReply,
    Message,
    RunRequest,
    reply_decoder,
)
from scallion.runs import RunFolder, RunOptions, Settings, read_result

_DEFAULTS = RunOptions()
_SOURCE = Path(scallion.__file__).parents[1]


class LocalExecutor:
    """Trains jobs in processes of this machine, `workers` at a time, each with `threads` threads.

    By default there is one worker per core, with one thread. `engine` is what `auto` means in the
    settings of jobs: auto, native or reference. Processes start with the first jobs,
    and train one job after another. One that dies fails its job, and is replaced. They end with
    this process, after the training step; `detached` ones finish their job first.

    >>> with LocalExecutor(workers=2) as executor:  # doctest: +SKIP
    ...     jobs = [executor.submit(Settings("mnist", seed=seed)) for seed in range(4)]
    >>> [job.result().validation.accuracy for job in jobs]  # doctest: +SKIP
    [0.9892, 0.989, 0.9897, 0.9883]
    """

    def __init__(
        self,
        workers: int | None = None,
        threads: int = 1,
        *,
        engine: str = "auto",
        detached: bool = False,
    ) -> None:
        engines.resolve(engine)
        self._max_workers = _positive(
            "workers", session.get_threads() if workers is None else workers
        )
        self._threads = _positive("threads", threads)
        self._engine = engine
        self._is_detached = detached
        self._lock = threading.RLock()
        self._queue: deque[tuple[Job, RunRequest]] = deque()
        self._workers: list[_WorkerProcess] = []
        self._queued_again: set[Job] = set()
        self._is_shut_down = False

    def submit(
        self,
        settings: Settings,
        *,
        minutes: float | None = None,
        options: RunOptions = _DEFAULTS,
        on_event: OnJobEvent | None = None,
        on_done: OnJobDone | None = None,
    ) -> Job:
        """Queue a new run, as `runs.run` trains it, and return its job.

        Raises ArgumentError for data in memory and for callbacks, which stay in this process.
        """
        if settings.has_data_in_memory:
            raise ArgumentError(
                "data in memory cannot be sent to another process",
                hint="save them with np.savez('data.npz', x_train=x, y_train=y), and name the file",
            )
        request = _request(options, settings=settings.as_dict(), minutes=minutes)
        return self._enqueue(Job(settings, self._cancel, on_event, on_done), request)

    def resume(
        self,
        path: StrPath,
        *,
        options: RunOptions = _DEFAULTS,
        on_event: OnJobEvent | None = None,
        on_done: OnJobDone | None = None,
    ) -> Job:
        """Queue a stopped run, as `runs.resume` continues it, and return its job."""
        request = _request(options, resume=os.fspath(path))
        return self._enqueue(Job(None, self._cancel, on_event, on_done), request)

    def shutdown(self, *, cancel: bool = False) -> None:
        """Take no more jobs, and wait for those submitted; with `cancel`, stop them first."""
        with self._lock:
            self._is_shut_down = True
            jobs = [job for job, _ in self._queue] if cancel else []
            jobs += [worker.job for worker in self._workers if cancel and worker.job is not None]
        for job in jobs:
            job.cancel()
        self._dispatch()
        self._join()

    def kill(self) -> None:
        """Take no more jobs, drop the queued ones, and kill the processes: nothing more is saved.

        A killed training continues from its last completed epoch when it is resumed.
        """
        with self._lock:
            self._is_shut_down = True
            dropped = [job for job, _ in self._queue]
            self._queue.clear()
            workers = list(self._workers)
        for worker in workers:
            worker.kill()
        for job in dropped:
            job.mark_cancelled()
        self._join()

    def __enter__(self) -> "LocalExecutor":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown(cancel=error is not None)

    def _enqueue(self, job: Job, request: RunRequest) -> Job:
        with self._lock:
            if self._is_shut_down:
                raise JobError("the executor is shut down", hint="make a new LocalExecutor()")
            self._queue.append((job, request))
        self._dispatch()
        return job

    def _dispatch(self) -> None:
        """Hand queued jobs to idle workers, and end idle workers after a shutdown."""
        with self._lock:
            while self._queue and (worker := self._idle_worker()) is not None:
                job, request = self._queue.popleft()
                worker.start(job, request)
            if self._is_shut_down and not self._queue:
                for worker in self._workers:
                    if worker.job is None:
                        worker.close()

    def _idle_worker(self) -> "_WorkerProcess | None":
        idle = next((worker for worker in self._workers if worker.job is None), None)
        if idle is None and len(self._workers) < self._max_workers:
            idle = _WorkerProcess(self)
            self._workers.append(idle)
        return idle

    def _cancel(self, job: Job) -> None:
        with self._lock:
            queued = next((entry for entry in self._queue if entry[0] is job), None)
            if queued is not None:
                self._queue.remove(queued)
            for worker in self._workers:
                if worker.job is job:
                    worker.send(CancelRequest())
        if queued is not None:
            job.mark_cancelled()

    def _join(self) -> None:
        """Wait until all workers have ended."""
        while True:
            with self._lock:
                worker = next(iter(self._workers), None)
            if worker is None:
                return
            worker.join()

    def _release(self, worker: "_WorkerProcess") -> None:
        """Make a worker idle, and give it the next job."""
        with self._lock:
            worker.job = None
        self._dispatch()

    def _remove(self, worker: "_WorkerProcess") -> Job | None:
        """Forget a worker that has ended, and return the job that it did not finish.

        A job that a dead process got, and never began, is queued again, once.
        """
        with self._lock:
            self._workers.remove(worker)
            job, request = worker.job, worker.request
            if job is None or request is None or not worker.died_before_job:
                return job
            if job in self._queued_again:
                return job
            self._queued_again.add(job)
            self._queue.appendleft((job, request))
            return None


class _WorkerProcess:
    """A worker process and the thread that reads its replies; `job` is what it trains."""

    def __init__(self, executor: LocalExecutor) -> None:
        self._executor = executor
        self.job: Job | None = None
        self.request: RunRequest | None = None
        self._is_killed = False
        self._has_replied = False  # about this job
        command = [sys.executable, "-m", "scallion.jobs.worker"]
        command += ["--threads", str(executor._threads)]
        command += ["--engine", executor._engine]
        command += ["--detached"] if executor._is_detached else []
        self._process = subprocess.Popen(  # noqa: S603  (our own module)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": _python_path()},
            start_new_session=executor._is_detached,
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def start(self, job: Job, request: RunRequest) -> None:
        """Send a job to the process."""
        self.job, self.request, self._has_replied = job, request, False
        job.mark_running()
        self.send(request)

    @property
    def died_before_job(self) -> bool:
        """True if the process has ended by itself, without a reply about its job."""
        return not (self._has_replied or self._is_killed)

    def send(self, message: Message) -> None:
        """Send a message; nothing happens if the process has ended, which `_read` notices."""
        with suppress(OSError, ValueError):
            self._process.stdin.write(message.to_line())  # type: ignore[union-attr]  # a pipe
            self._process.stdin.flush()  # type: ignore[union-attr]  # a pipe

    def close(self) -> None:
        """Let the process end, after its job."""
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]  # a pipe

    def kill(self) -> None:
        """Kill the process."""
        self._is_killed = True
        self._process.kill()

    def join(self) -> None:
        """Wait until the process has ended and its job knows it."""
        self._thread.join()

    def _read(self) -> None:
        """Handle the replies of the process until it ends."""
        error: Exception | None = None
        try:
            for line in self._process.stdout:  # type: ignore[union-attr]  # a pipe
                self._handle(line)
        except Exception as problem:  # of a callback; the job must end all the same
            error = problem
            self._process.kill()
        code = self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]  # a pipe
        self.close()
        job = self._executor._remove(self)
        try:
            if job is not None:
                job.fail(error or self._reason(code))
        finally:
            self._executor._dispatch()

    def _handle(self, line: bytes) -> None:
        job = self.job
        try:
            reply = reply_decoder.decode(line)
        except msgspec.MsgspecError:
            return  # printed by what Python runs before the worker, such as sitecustomize
        if job is None:
            return
        self._has_replied = True
        if isinstance(reply, EventReply):
            job.add_event(reply.event)
            return
        self._executor._release(self)
        if isinstance(reply, ErrorReply):
            job.fail(reply.as_error())
            return
        try:
            job.finish(read_result(RunFolder(Path(reply.run))))
        except ScallionError as error:
            job.fail(error)

    def _reason(self, code: int) -> ScallionError:
        """Return why the process has ended during a job."""
        if self._is_killed:
            return CancelledError("the job was killed")
        return JobError(
            f"the process that trained the run has ended (exit code {code})",
            hint="is the memory full? Use fewer workers; the run can be resumed",
        )


def _request(options: RunOptions, **values: object) -> RunRequest:
    if options.callbacks:
        raise ArgumentError(
            "callbacks cannot be sent to another process", hint="use on_event instead"
        )
    return RunRequest(
        evaluate_test=options.evaluate_test,
        diagnose=options.diagnose,
        forecast=options.forecast,
        accuracy_floor=list(options.accuracy_floor),
        **values,  # type: ignore[arg-type]  # checked by msgspec
    )


def _python_path() -> str:
    """Return a search path on which the worker finds this very package."""
    known = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(_SOURCE), *([known] if known else [])])


def _positive(name: str, value: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ArgumentError(
            f"{name} is an integer of at least 1. Received: {name}={value!r}",
            hint=f"LocalExecutor({name}=1)",
        )
    return value
