"""`scallion ARGUMENTS` within the test's own process, and how it ended."""

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from scallion.cli import main


class Ending(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Ending]


def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *before: str
) -> Command:
    """Run `scallion` with the words of `before` and those that are given; `stdin` is typed in."""

    def run(*arguments: object, stdin: str = "") -> Ending:
        monkeypatch.setattr(sys, "argv", ["scallion", *before, *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        return Ending(ended.value.code or 0, *capsys.readouterr())

    return run
