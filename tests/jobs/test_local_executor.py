"""Local executor: jobs in processes, with events, cancelling, and processes that die."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import scallion
from scallion import runs
from scallion.errors import ArgumentError, CancelledError, JobError, UnknownNameError
from scallion.jobs import Job, LocalExecutor
from scallion.runs import RunOptions, Settings
from scallion.runs.events import AnyEvent, EndEvent, EpochEvent, StartEvent
from stripe_runs import are_identical

FAST = RunOptions(evaluate_test=False, diagnose=False, forecast=False)


def settings(data: Path, **values: object) -> Settings:
    own = {"epochs": 3, "batch_size": 16, "out": data.parent / "runs", "overrides": {"filters": 4}}
    return Settings(str(data), **{**own, **values})


def wait_for_epoch(job: Job) -> None:
    next(event for event in job.events() if isinstance(event, EpochEvent))


def process_of(executor: LocalExecutor) -> subprocess.Popen:
    return executor._workers[0]._process


def test_jobs_give_the_bits_of_this_process(stripes: Path) -> None:
    with LocalExecutor(workers=2) as executor:
        jobs = [executor.submit(settings(stripes, seed=seed), options=FAST) for seed in (1, 2, 3)]
    found = [job.result() for job in jobs]
    assert [job.status for job in jobs] == ["done"] * 3
    assert [one.status for one in found] == ["finished"] * 3
    assert found[0].test is None
    own = runs.run(settings(stripes, seed=2))
    assert are_identical(found[1].run.path, own.run.path)


def test_events_arrive_as_in_the_file(stripes: Path) -> None:
    heard: list[AnyEvent] = []
    with LocalExecutor(workers=1) as executor:
        job = executor.submit(settings(stripes), on_event=lambda _, event: heard.append(event))
        seen = list(job.events())
    assert isinstance(seen[0], StartEvent)
    assert isinstance(seen[-1], EndEvent)
    assert seen == heard == runs.read_events(job.run.path)
    assert list(job.events()) == seen
    assert job.result().findings


def test_a_cancelled_job_stops_and_resumes(stripes: Path) -> None:
    with LocalExecutor(workers=1) as executor:
        long = executor.submit(settings(stripes, epochs=300), options=FAST)
        queued = executor.submit(settings(stripes), options=FAST)
        wait_for_epoch(long)
        queued.cancel()
        long.cancel()
        assert long.result(30).status == "interrupted"
        assert queued.status == "cancelled"
        with pytest.raises(CancelledError):
            queued.result()
        resumed = executor.resume(long.result().run.path, options=FAST)
        wait_for_epoch(resumed)
        resumed.cancel()
    assert resumed.result().epochs > long.result().epochs
    assert resumed.run == long.run


def test_a_job_is_cancelled_by_its_folder_too(stripes: Path) -> None:
    with LocalExecutor(workers=1) as executor:
        job = executor.submit(settings(stripes, epochs=3000), options=FAST)
        wait_for_epoch(job)
        runs.cancel(job.run.path)
        assert job.result(30).status == "interrupted"


def test_an_error_of_a_run_is_the_jobs(stripes: Path) -> None:
    with LocalExecutor(workers=1) as executor:
        wrong = executor.submit(settings(stripes, model="lessen"), options=FAST)
        right = executor.submit(settings(stripes, epochs=1), options=FAST)
    with pytest.raises(UnknownNameError, match="unknown model") as caught:
        wrong.result()
    assert "did you mean 'lesson'?" in caught.value.hint
    assert (wrong.status, right.status) == ("failed", "done")


def test_a_killed_process_fails_its_job_only(stripes: Path) -> None:
    done: list[str] = []
    with LocalExecutor(workers=1) as executor:
        killed = executor.submit(
            settings(stripes, epochs=3000),
            options=FAST,
            on_done=lambda job: done.append(job.status),
        )
        others = [executor.submit(settings(stripes, epochs=1), options=FAST) for _ in range(2)]
        wait_for_epoch(killed)
        process_of(executor).send_signal(signal.SIGKILL)
        with pytest.raises(JobError, match=r"has ended \(exit code -9\)"):
            killed.result(30)
        assert [job.result(60).status for job in others] == ["finished"] * 2
    assert done == ["failed"]


def test_a_process_killed_between_jobs_is_replaced(stripes: Path) -> None:
    with LocalExecutor(workers=1) as executor:
        executor.submit(settings(stripes, epochs=1), options=FAST).result(60)
        process_of(executor).kill()
        assert executor.submit(settings(stripes, epochs=1), options=FAST).result(60).epochs == 1


def test_killing_an_executor_leaves_no_process(stripes: Path) -> None:
    executor = LocalExecutor(workers=1)
    job = executor.submit(settings(stripes, epochs=3000), options=FAST)
    queued = executor.submit(settings(stripes), options=FAST)
    wait_for_epoch(job)
    process = process_of(executor)
    executor.kill()
    assert process.returncode == -9
    assert (job.status, queued.status) == ("cancelled", "cancelled")
    with pytest.raises(JobError, match="is shut down"):
        executor.submit(settings(stripes))


def test_an_error_in_the_block_cancels_the_jobs(stripes: Path) -> None:
    executor = LocalExecutor(workers=1)
    job = executor.submit(settings(stripes, epochs=3000), options=FAST)
    wait_for_epoch(job)
    with pytest.raises(ZeroDivisionError), executor:
        raise ZeroDivisionError
    assert job.result().status == "interrupted"


PARENT = """
import sys, time
from scallion.jobs import LocalExecutor
from scallion.runs import RunOptions, Settings
executor = LocalExecutor(workers=1, detached=sys.argv[2] == "detached")
options = RunOptions(evaluate_test=False, diagnose=False, forecast=False)
settings = Settings(sys.argv[1], epochs=int(sys.argv[3]), batch_size=16)
job = executor.submit(settings, options=options)
next(event for event in job.events() if "epoch" in type(event).__name__.lower())
print("epoch", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("mode", ["attached", "detached"])
def test_trainings_of_a_killed_process_stop_unless_detached(stripes: Path, mode: str) -> None:
    source = Path(scallion.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(stripes), mode, "3000" if mode == "attached" else "30"],
        cwd=stripes.parent,
        env={**os.environ, "PYTHONPATH": str(source)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "epoch\n"
    process.kill()
    process.communicate()
    folder = stripes.parent / "runs" / "stripes-1"
    ends = [event for event in runs.follow_events(folder) if isinstance(event, EndEvent)]
    assert [end.status for end in ends] == ["interrupted" if mode == "attached" else "finished"]


def test_what_stays_in_this_process_is_refused(stripes: Path) -> None:
    executor = LocalExecutor(workers=1)
    with pytest.raises(ArgumentError, match="data in memory cannot be sent") as caught:
        executor.submit(Settings(data=(np.zeros((40, 8, 8)), np.arange(40) % 2)))
    assert "np.savez" in caught.value.hint
    callback = scallion.callbacks.History()
    with pytest.raises(ArgumentError, match="callbacks cannot be sent"):
        executor.submit(settings(stripes), options=RunOptions(callbacks=[callback]))
    with pytest.raises(ArgumentError, match="workers is an integer"):
        LocalExecutor(workers=0)
    executor.shutdown()


def test_a_result_can_be_waited_for(stripes: Path) -> None:
    executor = LocalExecutor(workers=1)
    job = executor.submit(settings(stripes, epochs=3000), options=FAST)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        job.result(0.05)
    assert time.monotonic() - started < 5
    executor.shutdown(cancel=True)


def test_printing_does_not_disturb_the_replies(stripes: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('hello')")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        with LocalExecutor(workers=1) as executor:
            job = executor.submit(settings(stripes, epochs=1), options=FAST)
    assert job.result().status == "finished"


def test_an_error_of_on_done_leaves_no_job_waiting(
    stripes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(job: Job) -> None:
        raise ZeroDivisionError(job.status)

    with LocalExecutor(workers=1) as executor:
        long = executor.submit(settings(stripes, epochs=10_000), options=FAST, on_done=fail)
        after = executor.submit(settings(stripes, epochs=1), options=FAST, on_done=fail)
        wait_for_epoch(long)
        process_of(executor).kill()
        assert after.result(60).status == "finished"
    assert long.status == "failed"
    assert caplog.text.count("on_done raised an error") == 2


def test_jobs_run_on_the_engine_of_the_executor(stripes: Path) -> None:
    with LocalExecutor(workers=1, engine="reference") as executor:
        job = executor.submit(settings(stripes, epochs=1), options=FAST)
    assert job.result().run.read_environment()["engine"] == "reference"
    with pytest.raises(ArgumentError, match="`engine` is one of"):
        LocalExecutor(workers=1, engine="fast")
