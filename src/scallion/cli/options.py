"""Options that several commands share, and the printing of JSON and tables."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from scallion import session
from scallion.errors import ArgumentError

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
ModelName = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME",
        help="quick, pretrained, lesson, lesson-dense, lesson-deep or lesson-dropout.",
    ),
]
Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run folder, such as runs/fashion-mnist-1.")
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        min=1,
        max=1024,
        metavar="N",
        show_default=False,
        help="Threads to use.  [default: SCALLION_THREADS, else all cores]",
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine", metavar="NAME", help="auto, native (compiled), or reference (NumPy, slow)."
    ),
]
ImageSize = Annotated[
    str | None,
    typer.Option(
        "--size",
        metavar="SIZE",
        show_default=False,
        help=(
            "Size of images from folders, or that a pretrained network sees: 64, or 48x64 for "
            "height x width.  [default: chosen from the images]"
        ),
    ),
]
ImageFit = Annotated[
    str | None,
    typer.Option(
        "--fit",
        metavar="MODE",
        show_default=False,
        help=(
            "How images get one shape: crop (keep the centre), pad (keep all, fill the borders), "
            "or stretch.  [default: chosen from the images]"
        ),
    ),
]
ImageGroup = Annotated[
    str | None,
    typer.Option(
        "--group",
        metavar="PATTERN",
        show_default=False,
        help="Keep files in one split whose names share the part in parentheses: '(.+)_[0-9]+'.",
    ),
]
Augment = Annotated[
    str,
    typer.Option(
        "--augment",
        metavar="STRENGTH",
        help="Random changes of training images: none, light, strong, or own (the model's).",
    ),
]


def configure(threads: int | None, engine: str = "auto") -> None:
    """Set the threads and the engine of this process.

    Raises ArgumentError for an unknown engine, EngineError for one that cannot run here.
    """
    session.set_threads(threads)
    session.set_engine(None if engine == "auto" else engine)
    if engine != "auto":
        from scallion import engine as engines  # slow to import

        engines.resolve(engine)


def refuse_beside(context: typer.Context, option: str, *allowed: str) -> None:
    """Raise ArgumentError if the command line has anything but this option and those allowed."""
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE" or name in (option, *allowed):
            continue
        shown = parameter.opts[0] if parameter.opts[0].startswith("-") else name.upper()
        raise ArgumentError(
            f"with --{option} all settings stay as they were, so {shown} cannot be given",
            hint=f"leave out {shown}",
        )


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a text with commas.

    >>> split_names("precision, recall")
    ('precision', 'recall')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def parse_assignments(texts: Iterable[str]) -> dict[str, Any]:
    """Return the values of `NAME=VALUE`: numbers, true and false, tuples such as 3,3, and text.

    >>> parse_assignments(["dropout=0.5", "kernel_size=3,3", "optimizer=sgd", "use_bias=false"])
    {'dropout': 0.5, 'kernel_size': (3, 3), 'optimizer': 'sgd', 'use_bias': False}
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ArgumentError(
                f"--set takes NAME=VALUE. Received: {text!r}", hint="--set dropout=0.5"
            )
        parts = tuple(_parse_value(part.strip()) for part in value.split(","))
        found[name.strip()] = parts[0] if len(parts) == 1 else parts
    return found


def _parse_value(text: str) -> int | float | bool | str:
    words = {"true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def print_json(value: object) -> None:
    """Print one JSON object on standard output."""
    import msgspec  # slow to import

    text = msgspec.json.encode(value, enc_hook=str)  # for paths
    typer.echo(msgspec.json.format(text, indent=2).decode())


def print_rich(renderable: Any) -> None:
    """Print a table as wide as the terminal; into a file, 100 columns wide."""
    from rich.console import Console  # slow to import

    width = None if sys.stdout.isatty() else 100
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(renderable)
    text = captured.get()
    typer.echo("\n".join(line.rstrip() for line in text.splitlines()))
