"""The options of `scallion train`."""

from pathlib import Path
from typing import Annotated

import typer

_FROM_MODEL = "[default: the model's]"

DataSource = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="An image folder, fashion-mnist, mnist, cifar10, cifar100, or a .npz file.",
    ),
]
TrainedModel = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME",
        help=(
            "auto, quick, pretrained, lesson, lesson-dense, lesson-deep or lesson-dropout. auto is "
            "quick for a named data set, else chosen from the images."
        ),
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        show_default=False,
        help=f"Times through the training images.  {_FROM_MODEL}",
    ),
]
Steps = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        show_default=False,
        help="Training steps in total, instead of epochs; the last epoch may be partial.",
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", show_default=False, help=f"Images per step.  {_FROM_MODEL}"),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        "--lr", metavar="RATE", show_default=False, help=f"Peak learning rate.  {_FROM_MODEL}"
    ),
]
Seed = Annotated[
    int,
    typer.Option(min=0, max=2**32 - 1, metavar="N", help="The same seed gives the same run."),
]
Limit = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        show_default=False,
        help="Use only the first N training images, for a quick try.",
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        show_default=False,
        help=f"Stop after N epochs without improvement; 0 means never.  {_FROM_MODEL}",
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        metavar="M",
        show_default=False,
        help="Train for M minutes in total: as many steps as fit.",
    ),
]
Metrics = Annotated[
    str,
    typer.Option(
        metavar="NAMES",
        show_default=False,
        help="More metrics to measure per epoch: precision,recall.",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        show_default=False,
        help="Change the recipe or its layers: dropout=0.5, filters=64, optimizer=sgd.",
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(metavar="RUN", show_default=False, help="Resume a run that was stopped."),
]
Balance = Annotated[
    bool, typer.Option("--balance", help="Weight classes inversely to their frequency.")
]
Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Where run folders are created.")]
