"""The commands: `scallion train`, `summary`, `doctor`. Each file is one; none holds logic."""


def main() -> None:
    """Run the command that the command line asks for, and end the process with its exit code."""
    from scallion.cli.app import run

    run()


__all__ = ["main"]
