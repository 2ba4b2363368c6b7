"""The program `scallion`: its commands, their help, and mistakes in their options."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import scallion
from commands import Command
from scallion.cli.app import COMMANDS

GROUPS = {
    "data": ("list", "get", "show", "check"),
    "lesson": ("start", "check", "export"),
    "runs": ("rm", "cancel"),
    "study": ("run", "show"),
}
ALL = [*COMMANDS, "help", *(f"{group} {name}" for group in GROUPS for name in GROUPS[group])]


@pytest.mark.parametrize("command", ALL)
def test_help_shows_an_example_of_each_command(run: Command, command: str) -> None:
    output = run(*command.split(), "--help")
    assert output.code == 0
    assert f"\n    scallion {command}" in output.out
    assert "..." not in output.out.partition("Examples:")[0].partition("\n")[2]


@pytest.mark.parametrize("group", [(), *((name,) for name in GROUPS)])
def test_summaries_of_commands_fit_80_columns(
    run: Command, group: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    summaries = run(*group, "--help").out.partition("Commands:\n")[2].splitlines()
    assert len(summaries) == (len(GROUPS[group[0]]) if group else len(COMMANDS) + 1)
    for line in summaries:
        assert line.endswith(".")
        assert not line.endswith("...")


def test_the_help_command_shows_the_help(run: Command) -> None:
    assert run("help", "data", "check") == run("data", "check", "--help")
    assert run("help") == run("--help")
    output = run("help", "trian")
    assert output.code == 2
    assert "Did you mean 'train'?" in output.err


@pytest.mark.parametrize("arguments", ["'--help'", "'train', '--help'"])
def test_help_imports_nothing_slow(arguments: str) -> None:
    program = (
        f"import sys; sys.argv = ['scallion', {arguments}]\n"
        "from scallion.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded.isdisjoint({"numpy", "rich", "matplotlib", "h5py", "msgspec", "PIL"})


def test_completion_is_installed_and_completes(tmp_path: Path) -> None:
    source = str(Path(scallion.__file__).parents[1])
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": source}
    environment["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    program = [sys.executable, "-m", "scallion"]
    done = subprocess.run(
        [*program, "--install-completion", "bash"], env=environment, capture_output=True, text=True
    )
    assert "completion installed" in done.stdout
    assert "_SCALLION_COMPLETE" in (tmp_path / ".bash_completions" / "scallion.sh").read_text()
    words = {"_SCALLION_COMPLETE": "complete_bash", "COMP_WORDS": "scallion tr", "COMP_CWORD": "1"}
    done = subprocess.run(
        program, env={**environment, **words}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["train"]


def test_the_version_is_printed(run: Command) -> None:
    assert run("--version") == (0, f"scallion {scallion.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("train", "--epochs", "0"), "--epochs"),
        (("train", "--epochs", "many"), "--epochs"),
        (("train", "--epoch", "3"), "--epochs"),
        (("train", "--threads", "0"), "--threads"),
        (("train", "--limit", "-5"), "--limit"),
        (("train", "--seed", "-1"), "--seed"),
        (("train", "--patience", "-1"), "--patience"),
        (("train", "--set", "dropout"), "--set"),
        (("train", "--engine", "gpu"), "engine"),
        (("train", "mnist", "cifar10"), "cifar10"),
        (("tarin",), "train"),
        (("summary", "--classes", "1"), "--classes"),
        (("doctor", "--engine", "gpu"), "engine"),
    ],
)
def test_an_invalid_option_is_named(
    run: Command, arguments: tuple[str, ...], complaint: str
) -> None:
    output = run(*arguments)
    assert (output.code, output.out) == (2, "")
    assert complaint in output.err
    assert "Traceback" not in output.err
