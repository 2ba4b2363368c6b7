"""`scallion summary`: show the layers of a network, without training it."""

import re
from typing import Annotated

import typer

from scallion.cli.error_handling import handle_errors
from scallion.cli.options import Debug, Json, ModelName, print_json
from scallion.errors import ArgumentError


@handle_errors
def summary(
    model: ModelName = "quick",
    input_shape: Annotated[
        str, typer.Option("--input", metavar="HxWxC", help="The shape of an image.")
    ] = "28x28x1",
    classes: Annotated[int, typer.Option(min=2, metavar="N", help="Number of classes.")] = 10,
    style: Annotated[
        str, typer.Option(metavar="STYLE", help="keras, classic or arithmetic.")
    ] = "keras",
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Show a network's layers, shapes and parameters.

    \b
    Examples:
      scallion summary
      scallion summary --model lesson --input 32x32x3 --style arithmetic
    """
    from scallion.applications import model_registry  # slow to import
    from scallion.report import summary_as_dict

    network = model_registry.find(model).architecture.build(parse_shape(input_shape), classes)
    if json:
        print_json(summary_as_dict(network))
    else:
        network.summary(style=style)


def parse_shape(text: str) -> tuple[int, int, int]:
    """Return (height, width, channels) of `32x32x3`, with one channel if none is given.

    Raises ArgumentError.

    >>> parse_shape("32x32x3"), parse_shape("28x28")
    ((32, 32, 3), (28, 28, 1))
    """
    found = re.fullmatch(r"\s*(\d+)\s*[x,×]\s*(\d+)(?:\s*[x,×]\s*(\d+))?\s*", text.lower())
    sizes = tuple(int(size) for size in found.groups(default="1")) if found else ()
    if len(sizes) != 3 or 0 in sizes:
        raise ArgumentError(
            f"an image's shape is height x width x channels. Received: {text!r}",
            hint="--input 32x32x3",
        )
    return sizes
