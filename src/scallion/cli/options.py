"""Options that several commands share."""

from typing import Annotated

import typer

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
ModelName = Annotated[
    str,
    typer.Option("--model", metavar="NAME", help="quick, lesson, lesson-deep or lesson-dropout."),
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


def print_json(value: object) -> None:
    """Print one JSON object on standard output."""
    import msgspec

    text = msgspec.json.encode(value, enc_hook=str)  # paths are the only other things in there
    typer.echo(msgspec.json.format(text, indent=2).decode())
