"""`scallion ui`: its address, its errors, and its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands import Command, refused


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_the_address_is_printed_and_the_browser_gets_a_private_file(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    marker = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\ncat "${{1#file://}}" >{marker}\nls -l "${{1#file://}}" >>{marker}\n'
    )
    browser.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-m", "scallion", "ui", "photos"],
        cwd=tmp_path,
        env={**os.environ, "BROWSER": f"{browser} %s", "XDG_STATE_HOME": str(tmp_path / "state")},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        lines = [process.stdout.readline() for _ in range(3)]
        address = lines[1].strip()
        assert address.startswith("http://127.0.0.1:")
        assert "/#token=" in address
        while not (marker.exists() and marker.read_text().endswith(".html\n")):
            assert process.poll() is None
            time.sleep(0.01)
        assert address in marker.read_text()
        assert "\n-rw-------" in marker.read_text()
        process.send_signal(signal.SIGINT)
        assert "Trainings that run go on" in process.communicate(timeout=60)[0]
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()
    assert list((tmp_path / "state" / "scallion").glob("*.html")) == []


def test_a_folder_that_does_not_exist_is_an_error(run: Command, tmp_path: Path) -> None:
    refused(run("ui", tmp_path / "no-such"), "no-such is not a folder", "check the name")


def test_a_port_that_is_not_one_is_an_error(run: Command, tmp_path: Path) -> None:
    assert run("ui", tmp_path, "--port", "0").code == 2
    assert run("ui", tmp_path, "--port", "70000").code == 2
