"""Text for a terminal of any width, and unchanged for files."""

import shutil
import textwrap
from typing import TextIO


def wrap_text(text: str, stream: TextIO, indent: int = 0) -> str:
    """The lines broken between words where the stream is a terminal and they are wider than it."""
    if not stream.isatty():
        return text
    width = max(20, shutil.get_terminal_size().columns)
    indent = indent if width > 4 * indent else 0
    return "\n".join(
        textwrap.fill(
            line,
            width,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.splitlines()
    )
