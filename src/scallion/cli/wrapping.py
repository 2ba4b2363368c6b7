"""Line wrapping of text for a terminal; text for files stays as it is."""

import shutil
import textwrap
from typing import TextIO


def wrap_text(text: str, stream: TextIO, indent: int = 0) -> str:
    """Wrap lines between words if the stream is a terminal that is narrower.

    Continuation lines are indented by `indent` spaces.
    """
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
