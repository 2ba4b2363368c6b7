"""The command line: options, display and error handling; `commands/` has a module per command.

A command parses its options and prints; everything else is in other packages.
"""

import signal
import sys


def main() -> None:
    """Run the command of the command line, and end the process with its exit code."""
    try:
        from scallion.cli.app import run  # here, so that other modules import without typer

        run()
    except KeyboardInterrupt:
        _ignore_interrupts()
        sys.exit(130)  # 128 + SIGINT, as shells count
    finally:
        _ignore_interrupts()


def _ignore_interrupts() -> None:
    """Ignore Ctrl-C from now on: everything is stored, and only the exit code would change."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


__all__ = ["main"]
