"""How a command ends when something goes wrong."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from scallion.cli.error_handling import handle_errors
from scallion.errors import DataError, FileError


def output(error: BaseException, capsys: pytest.CaptureFixture[str], **options: bool) -> tuple:
    @handle_errors
    def command(debug: bool = False) -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        command(**options)
    captured = capsys.readouterr()
    assert captured.out == ""
    return ended.value.exit_code, captured.err


def test_an_error_of_ours_is_message_and_hint(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = output(DataError("no images", hint="give some"), capsys)
    assert (code, err) == (2, "error: no images\nhint: give some\n")


def test_a_file_error_is_ours_before_it_is_the_systems(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = output(FileError("cannot write x", hint="elsewhere"), capsys)
    assert (code, err) == (2, "error: cannot write x\nhint: elsewhere\n")


def test_a_full_disk_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = output(OSError(errno.ENOSPC, "No space left on device"), capsys)
    assert code == 2
    assert "hint: free some space" in err


def test_full_memory_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert output(MemoryError(), capsys) == (
        2,
        "error: the memory is full\nhint: use fewer images: --limit 10000\n",
    )


def test_an_error_that_nobody_thought_of_says_how_to_report_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, err = output(ZeroDivisionError("division by zero"), capsys)
    assert code == 2
    assert "ZeroDivisionError: division by zero" in err
    assert "please report it with the output of `scallion doctor`" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("error", [DataError("no images"), ZeroDivisionError(), OSError("x")])
def test_debug_shows_the_traceback(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    code, err = output(error, capsys, debug=True)
    assert code == 2
    assert err.startswith("Traceback")
    assert "error: " in err


def test_ctrl_c_outside_training_exits_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert output(KeyboardInterrupt(), capsys) == (130, "\nstopped\n")


def test_a_warning_is_a_line_without_a_place_in_the_code(stripes: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from scallion.engine import native; native.is_available = lambda: False\n"
        f"sys.argv = ['scallion', 'train', {str(stripes)!r}, '--epochs', '1', '--limit', '40']\n"
        "from scallion.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    warned = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warned) == 1
    assert "the slow reference engine runs" in warned[0]
    assert "\nhint: in the folder of Scallion's source, run `" in done.stderr
    assert "UserWarning" not in done.stderr
    assert "evaluated once" in done.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = "import sys; sys.argv = ['scallion', 'summary', '--json']\n"
    program += "from scallion.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert err == ""
    assert process.returncode == 1
