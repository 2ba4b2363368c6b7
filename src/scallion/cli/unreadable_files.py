"""Files that `scallion predict` and `explain` cannot read: named, with an exit code."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from scallion.cli.error_handling import print_error
from scallion.errors import FileError

if TYPE_CHECKING:
    from scallion.runs.inspection.predict_inputs import UnreadableInput

INCOMPLETE = 1  # the exit code if some images could not be read
_NAMED = 50  # unreadable files that are listed
_HINT = "open them in an image viewer and save them again, or leave them out"


def nothing_readable(unreadable: "Sequence[UnreadableInput]") -> FileError:
    """Return the error where no file can be read."""
    first = unreadable[0]
    if len(unreadable) == 1:
        return FileError(f"cannot read {first.path!r}: {first.reason}", hint=_HINT)
    return FileError(f"none of the images can be read\n{_list(unreadable)}", hint=_HINT)


def exit_if_unreadable(unreadable: "Sequence[UnreadableInput]") -> None:
    """Name the files that cannot be read, and exit with 1, if there are any."""
    if unreadable:
        count = "1 file" if len(unreadable) == 1 else f"{len(unreadable):,} files"
        print_error(f"warning: {count} cannot be read\n{_list(unreadable)}\nhint: {_HINT}")
        raise typer.Exit(INCOMPLETE)


def _list(unreadable: "Sequence[UnreadableInput]") -> str:
    lines = [f"  {one.path}: {one.reason}" for one in unreadable[:_NAMED]]
    if len(unreadable) > _NAMED:
        lines.append(f"  and {len(unreadable) - _NAMED:,} more: --json lists all")
    return "\n".join(lines)
