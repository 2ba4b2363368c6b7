"""The server as a process: its address, its end, and trainings that outlive it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scallion import runs, workbench
from scallion.errors import ArgumentError
from scallion.workbench import Access
from scallion.workbench.request_log import state_folder
from stripes import save_stripes
from workbench_server import Client

PROGRAM = """
from pathlib import Path
from scallion import workbench
listener = workbench.open_socket(0)
def announce(access):
    print(access.port, access.token, flush=True)
workbench.serve(Path("."), listener, on_start=announce, open_browser=False)
"""


def start(root: Path) -> tuple[subprocess.Popen[str], Client]:
    """Start a server in a folder, and sign in as the page does."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=root, stdout=subprocess.PIPE, text=True
    )
    port, token = process.stdout.readline().split()
    client = Client(Access(int(port), token), root, None)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            answer = client.request("POST", "/api/session", {"token": token}, {"Cookie": None})
            break
        except ConnectionError:
            time.sleep(0.05)
    client.cookie = answer.headers["Set-Cookie"].partition(";")[0]
    return process, client


def end(process: subprocess.Popen[str], how: signal.Signals) -> int:
    process.send_signal(how)
    code = process.wait(30)
    process.stdout.close()
    return code


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_training_outlives_a_killed_server(tmp_path: Path) -> None:
    save_stripes(tmp_path)
    server, client = start(tmp_path)
    data = client.get("/api/data")["data"][0]["id"]
    wanted = {"data": data, "model": "quick", "batch_size": 16, "epochs": 12}
    job = client.post("/api/train", wanted)["id"]
    while not (run := client.get(f"/api/jobs/{job}")["run"]):
        time.sleep(0.05)
    assert end(server, signal.SIGKILL) == -signal.SIGKILL
    again, client = start(tmp_path)
    assert client.get(f"/api/runs/{run}")["status"] in ("running", "finished")
    body = client.request("GET", f"/api/runs/{run}/events").body
    assert body.endswith(b"event: done\ndata: {}\n\n")
    found = client.get(f"/api/runs/{run}")
    assert (found["status"], found["epochs"]) == ("finished", 12)
    assert end(again, signal.SIGINT) == 0
    assert runs.open_run(tmp_path / "runs" / run).evaluation["status"] == "finished"


def test_a_port_that_is_taken_is_an_error_with_a_hint() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ArgumentError, match=f"port {port} is used") as caught:
            workbench.open_socket(port)
    assert caught.value.hint == "leave out --port, or choose another: --port 8800"


def test_only_this_machine_can_reach_the_socket() -> None:
    with workbench.open_socket() as one, workbench.open_socket() as other:
        assert {one.getsockname()[0], other.getsockname()[0]} == {"127.0.0.1"}
        assert one.getsockname()[1] != other.getsockname()[1]


def test_secrets_are_new_at_each_start() -> None:
    one, other = Access(8787), Access(8787)
    assert len(one.token) >= 43  # 256 bits in base64
    assert one.address == f"http://127.0.0.1:8787/#token={one.token}"
    secrets = {one.token, other.token, one.set_cookie, other.set_cookie}
    assert len(secrets) == 4
    assert one.token not in repr(one)
    assert json.dumps(repr(one)).count("=") == 1


def test_the_state_folder_follows_the_convention(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if sys.platform != "linux":
        pytest.skip("another convention")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "scallion"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_folder() == Path.home() / ".local" / "state" / "scallion"
