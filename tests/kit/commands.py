"""Runs `scallion ARGUMENTS` within the test's own process."""

import io
import signal
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from scallion.cli import main


class Output(NamedTuple):
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str


Command = Callable[..., Output]


def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *before: str
) -> Command:
    """Return a function that runs `scallion` with the words of `before` and its arguments.

    `stdin` is what the user types.
    """

    def run(*arguments: object, stdin: str = "") -> Output:
        monkeypatch.setattr(sys, "argv", ["scallion", *before, *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        handler = signal.getsignal(signal.SIGINT)  # a command ends with Ctrl-C ignored
        with pytest.raises(SystemExit) as stop:
            main()
        signal.signal(signal.SIGINT, handler)
        return Output(stop.value.code or 0, *capsys.readouterr())

    return run


def refused(output: Output, message: str, hint: str) -> None:
    """Assert that a command failed with this message and hint, and printed nothing else."""
    assert output.code == 2
    assert output.out == ""
    assert message in output.err
    assert f"\nhint: {hint}" in output.err
    assert "Traceback" not in output.err
