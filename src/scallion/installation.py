"""How to install Scallion again, for hints: commands that work as typed in a copy of its source."""

import shlex
import sys


def install_command(*options: str) -> str:
    """Return the command that installs the source folder in which it is typed."""
    python = shlex.quote(sys.executable or "python3")
    return " ".join([python, "-m pip install", *options, "."])


def install_again() -> str:
    """Return how to replace a damaged installation."""
    command = install_command("--force-reinstall", "--no-deps")
    return f"in the folder of Scallion's source, run `{command}`"


def install_engine() -> str:
    """Return how to get the compiled engine, with the compiler that PyPI or the system offers."""
    return (
        f"{install_again()}, with an internet connection or after installing g++ or clang++ "
        "(Debian: apt-get install g++; Mac: xcode-select --install)"
    )
