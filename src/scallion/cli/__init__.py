"""The command line: options, display and error handling; `commands/` has a module per command.

A command parses its options and prints; everything else is in other packages.
"""


def main() -> None:
    """Run the command of the command line, and end the process with its exit code."""
    from scallion.cli.app import run  # here, so that other modules import without typer

    run()


__all__ = ["main"]
