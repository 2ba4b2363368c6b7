"""`scallion run`: arguments, errors and exit code of a script."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import run_script


def test_the_script_has_its_arguments_folder_and_name(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("word = 'found'\n")
    done = run_script(
        tmp_path,
        """
        import sys
        import beside
        print(__name__, sys.argv[1:], beside.word)
        """,
        "--epochs",
        "5",
        "--help",
    )
    assert done.stdout.split("\n")[0] == "__main__ ['--epochs', '5', '--help'] found"


def test_a_scallion_error_names_the_scripts_line(tmp_path: Path) -> None:
    done = run_script(
        tmp_path,
        """
        from keras import layers

        def build():
            return layers.Conv2D(0, 3)

        build()
        """,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: script.py, line 5: return layers.Conv2D(0, 3)\n")
    assert "\nhint: " in done.stderr


def test_other_errors_have_pythons_traceback(tmp_path: Path) -> None:
    done = run_script(tmp_path, "import keras\n\n1 / 0\n")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith('script.py", line 3, in <module>')
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert "runpy" not in done.stderr
    assert "scallion" not in done.stderr


@pytest.mark.parametrize(("ending", "code"), [("0", 0), ("3", 3), ("'words'", 1), ("", 0)])
def test_the_exit_code_is_the_scripts(tmp_path: Path, ending: str, code: int) -> None:
    done = run_script(tmp_path, f"import sys\nsys.exit({ending})\n")
    assert done.returncode == code
    assert ("words" in done.stderr) == (ending == "'words'")


def test_a_missing_script_raises(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scallion", "run", str(tmp_path / "nothere.py")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "nothere.py" in done.stderr
    assert "\nhint: " in done.stderr
