"""The progress bar, character by character; expected texts are from Keras 3.15.1's Progbar."""

import io
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from scallion.callbacks import progress_bar
from scallion.callbacks.progress_bar import ProgressBar
from scallion.layers import Dense, Flatten, Input
from scallion.models import Model
from scallion.optimizers import SGD
from scallion.utils import set_random_seed

LOGS = {"accuracy": 0.4231, "loss": 1.59034, "small": 0.0004}
TAIL = " - accuracy: 0.4231 - loss: 1.5903 - small: 4.0000e-04"


class Screen(io.StringIO):
    """A terminal, or a file, that records its output."""

    def __init__(self, is_terminal: bool = True) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class Clock:
    """A clock that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(progress_bar, "time", SimpleNamespace(perf_counter=lambda: self.now))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def show(monkeypatch: pytest.MonkeyPatch, *, terminal: bool = True, columns: int = 200) -> Screen:
    screen = Screen(terminal)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(
        progress_bar.shutil, "get_terminal_size", lambda: os.terminal_size((columns, 24))
    )
    return screen


def test_the_interactive_line_matches_keras(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = show(monkeypatch)
    line = ProgressBar(1563, 1)
    for batch, clock.now in ((1, 0.5), (2, 0.6), (700, 5.0)):
        line.update(batch, lambda: LOGS)
    clock.now = 8.0
    line.finish(LOGS)
    assert screen.getvalue() == (
        "\r\x1b[1m   1/1563\x1b[0m \x1b[37m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m13:01\x1b[0m "
        f"500ms/step{TAIL}"
        "\r\x1b[1m   2/1563\x1b[0m \x1b[37m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m2:36\x1b[0m "
        f"100ms/step{TAIL} "
        "\r\x1b[1m 700/1563\x1b[0m \x1b[32m━━━━━━━━\x1b[0m\x1b[37m━━━━━━━━━━━━\x1b[0m "
        f"\x1b[1m5s\x1b[0m 6ms/step{TAIL}    "
        "\r\x1b[1m1563/1563\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m "
        f"\x1b[1m8s\x1b[0m 5ms/step{TAIL}\n"
    )


def test_long_times_show_hours(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = show(monkeypatch)
    line = ProgressBar(40, 1)
    for batch, clock.now in ((1, 2.0), (2, 200.0)):
        line.update(batch, lambda: LOGS)
    assert "\x1b[1m1:18\x1b[0m 2s/step" in screen.getvalue()
    assert "\x1b[1m2:05:24\x1b[0m 198s/step" in screen.getvalue()


def test_short_times_show_microseconds(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = show(monkeypatch)
    line = ProgressBar(5, 1)
    clock.now = 0.001
    line.update(1, lambda: LOGS)
    clock.now = 0.002
    line.finish(LOGS)
    assert screen.getvalue().endswith(f"\x1b[1m0s\x1b[0m 250us/step{TAIL}\n")


def test_verbose_2_writes_one_line_per_epoch(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = show(monkeypatch)
    line = ProgressBar(1563, 2)
    line.update(1, lambda: LOGS)
    clock.now = 8.0
    line.finish({"accuracy": 0.4231, "loss": 1.59034})
    # One step was shown, at second 0: 8 s / 1562 steps.
    assert screen.getvalue() == "1563/1563 - 8s - 5ms/step - accuracy: 0.4231 - loss: 1.5903\n"


def test_a_file_gets_one_plain_line(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = show(monkeypatch, terminal=False)
    line = ProgressBar(1563, 1)
    for batch, clock.now in ((1, 0.5), (700, 5.0)):
        line.update(batch, lambda: LOGS)
    clock.now = 8.0
    line.finish(LOGS)
    assert screen.getvalue() == f"1563/1563 ━━━━━━━━━━━━━━━━━━━━ 8s 5ms/step{TAIL}\n"


def test_updates_at_most_twenty_times_per_second(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = show(monkeypatch)
    line = ProgressBar(1000, 1)
    reads: list[int] = []
    for batch in range(1, 1001):
        clock.now = batch / 1000
        line.update(batch, lambda: reads.append(1) or LOGS)
    assert len(reads) == screen.getvalue().count("\r") == 20


@pytest.mark.parametrize("columns", [30, 40, 50, 60, 80, 120])
def test_lines_fit_into_a_narrow_terminal(
    columns: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = show(monkeypatch, columns=columns)
    line = ProgressBar(15, 1)
    for batch, clock.now in ((1, 0.5), (9, 5.0)):
        line.update(batch, lambda: LOGS)
    line.finish({**LOGS, "val_accuracy": 0.5, "val_loss": 1.25})
    plain = screen.getvalue()
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[32m", "\x1b[37m"):
        plain = plain.replace(code, "")
    lines = [part for part in plain.replace("\r", "\n").split("\n") if part]
    assert max(len(part) for part in lines) < columns
    for name in ("accuracy: 0.4231", "small: 4.0000e-04", "val_accuracy: 0.5000", "val_loss: 1.2"):
        assert name in " ".join(lines[2:])


def test_an_ascii_output_gets_another_bar_character(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", newline="\n"))
    ProgressBar(3, 1).finish({"loss": 1.0})
    assert raw.getvalue() == b"3/3 ==================== 0s 0s/step - loss: 1.0000\n"


def trained(verbose: int | str, epochs: int = 2) -> None:
    set_random_seed(1)
    start = Input((2, 2, 1))
    model = Model(start, Dense(2, activation="softmax")(Flatten()(start)))
    model.compile(SGD(0.0), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.zeros((8, 2, 2, 1)), np.arange(8) % 2
    model.fit(x, y, epochs=epochs, batch_size=4, verbose=verbose, validation_data=(x, y))


def test_fit_writes_two_lines_per_epoch(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = show(monkeypatch, terminal=False)
    trained("auto")
    line = "2/2 ━━━━━━━━━━━━━━━━━━━━ 0s 0s/step - accuracy: 0.5000 - loss: 0.6931"
    line += " - val_accuracy: 0.5000 - val_loss: 0.6931\n"
    assert screen.getvalue() == f"Epoch 1/2\n{line}Epoch 2/2\n{line}"
    screen = show(monkeypatch, terminal=False)
    trained(1, epochs=1)
    assert screen.getvalue() == line
    screen = show(monkeypatch, terminal=False)
    trained(0)
    assert screen.getvalue() == ""


def test_an_error_starts_on_its_own_line(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    from scallion.callbacks import Callback

    class Interrupt(Callback):
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            raise KeyboardInterrupt

    screen = show(monkeypatch)
    start = Input((2,))
    model = Model(start, Dense(2, activation="softmax")(start))
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(KeyboardInterrupt):
        model.fit(np.zeros((8, 2)), np.arange(8) % 2, callbacks=[Interrupt()])
    assert screen.getvalue().startswith("\r")
    assert screen.getvalue().endswith("\n")
