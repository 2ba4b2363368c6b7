"""How to install Scallion again or another package, for hints: commands that work as typed."""

import shlex
import sys


def install_command(*options: str) -> str:
    """Return the command that installs the source folder in which it is typed."""
    return " ".join([package_command(), *options, "."])


def package_command(*packages: str) -> str:
    """Return the command that installs packages where this Python finds them.

    A bare `pip` is often another Python's, or refuses to change the system's (PEP 668).
    """
    return " ".join([python_command(), "-m pip install", *packages])


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


def python_command() -> str:
    """Return the command that starts this Python."""
    return shlex.quote(sys.executable or "python3")
