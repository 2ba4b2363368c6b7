"""The command line: options, display and error handling; `commands/` has a module per command.

A command parses its options and prints; everything else is in other packages.
"""

import atexit
import signal
import sys


def main() -> None:
    """Run the command of the command line, and end the process with its exit code."""
    # Everything is said and stored when Python ends: Ctrl-C would only change the exit code.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    try:
        from scallion.cli.app import run  # here, so that other modules import without typer

        run()
    except KeyboardInterrupt:
        sys.exit(130)  # 128 + SIGINT, as shells count


__all__ = ["main"]
