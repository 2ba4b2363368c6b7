"""`scallion train`: train a network and keep everything in a run folder."""

import sys
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from scallion.cli.error_handling import INTERRUPTED, handle_errors
from scallion.cli.options import (
    Augment,
    Debug,
    ImageFit,
    ImageGroup,
    ImageSize,
    Json,
    ModelName,
    Threads,
    assigned,
    listed,
    print_json,
    refuse_beside,
)
from scallion.cli.wrapping import wrap_text

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="A folder of pictures, fashion-mnist, mnist, cifar10, cifar100, or a .npz file.",
    ),
]
REPEATS = "{:,} steps fitted into the time; --steps {} in place of --minutes repeats this run."
FROM_MODEL = "[default: the model's]"


@handle_errors
def train(
    context: typer.Context,
    data: Data = "fashion-mnist",
    model: ModelName = "quick",
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", show_default=False, help=f"Times through the images.  {FROM_MODEL}"
        ),
    ] = None,
    steps: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="Updates in all, in place of epochs; the last epoch ends with them.",
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", show_default=False, help=f"Images an update.  {FROM_MODEL}"
        ),
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(
            "--lr", metavar="RATE", show_default=False, help=f"Highest learning rate.  {FROM_MODEL}"
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(min=0, max=2**32 - 1, metavar="N", help="The same seed gives the same run."),
    ] = 42,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default=False,
            help="Use only the first N training images, to try.",
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            show_default=False,
            help=f"End after N epochs without a better one; 0: never.  {FROM_MODEL}",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            metavar="M", show_default=False, help="Take so long in all: as many steps as fit."
        ),
    ] = None,
    metrics: Annotated[
        str,
        typer.Option(
            metavar="NAMES", show_default=False, help="Measure these too: precision,recall"
        ),
    ] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            show_default=False,
            help="Change the recipe or its layers: dropout=0.5, filters=64, optimizer=sgd.",
        ),
    ] = None,
    size: ImageSize = None,
    fit: ImageFit = None,
    group: ImageGroup = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", show_default=False, help="Go on with a run that was stopped."),
    ] = None,
    augment: Augment = "own",
    balance: Annotated[
        bool, typer.Option("--balance", help="Let each class count as much as any other.")
    ] = False,
    threads: Threads = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where run folders are made.")] = Path(
        "runs"
    ),
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (the guard reads it)
) -> None:
    """Train a network on images, and say how good it is.

    DATA may be a folder with one folder of pictures a class, or with train, validation and test
    folders of such. The validation images choose the best epoch; the test images are looked at
    once, at the end. What is missing of both is cut from the training images. Everything is kept in
    a run folder: model.keras, history.csv, history.png, config.json, environment.json,
    evaluation.json. Ctrl-C ends after the step and keeps it; --resume goes on, to the same bits as
    a run that was never stopped.

    \b
    Examples:
      scallion train
      scallion train mnist --model lesson --epochs 3
      scallion train --model lesson-dropout --set dropout=0.5 --patience 3
      scallion train --minutes 2
      scallion train --resume runs/fashion-mnist-1
      scallion train cells.npz --lr 0.002 --json
      scallion train FOLDER --size 48 --fit pad
    """
    begun = perf_counter()
    from scallion import plots, report, runs, session
    from scallion.cli.progress_display import ProgressDisplay
    from scallion.errors import ArgumentError

    session.set_threads(threads)
    lengths = {"--minutes": minutes, "--steps": steps, "--epochs": epochs}
    given = [name for name, value in lengths.items() if value is not None]
    if len(given) > 1:
        raise ArgumentError(
            f"{given[0]} decides how long it goes on. Received: {given[1]} {lengths[given[1]]}",
            hint=f"leave out {given[1]}, or {given[0]}",
        )
    settings = runs.Settings(
        data=data,
        model=model,
        epochs=epochs,
        steps=steps,
        batch_size=batch_size,
        learning_rate=lr,
        seed=seed,
        limit=limit,
        out=out,
        patience=patience,
        metrics=listed(metrics),
        overrides=assigned(set_ or ()),
        image_options=runs.ImageOptions(size, fit, group),
        balance=balance,
        augment=augment,
    )
    progress = ProgressDisplay()
    if resume is not None:
        refuse_beside(context, "resume", "threads", "json", "debug")
    run, schedule = None, None
    with progress.task(f"reading {resume or data}") as report_pictures:
        if resume is not None:
            prepared, run = runs.reopen_run(resume, report_pictures)
        else:
            prepared = runs.prepare(settings, report_pictures)
    if run is None:
        expected = runs.forecast(prepared, minutes)
        if minutes is not None:
            prepared, expected, schedule = runs.fit_to_time(prepared, expected, minutes, begun)
        run = runs.create_run_folder(prepared)
        progress.announce(
            f"{report.format_plan(prepared, run)}\n{report.format_forecast(expected)}"
        )
    else:
        progress.announce(report.format_plan(prepared, run))
    progress.schedule = schedule = schedule or runs.StepSchedule(prepared)
    with progress:
        outcome = runs.train(prepared, run, callbacks=[progress], schedule=schedule)
    if minutes is not None:
        progress.announce(REPEATS.format(schedule.steps.count, schedule.steps))
    plots.save_curves(run.history, run.curves)
    findings = runs.diagnose_run(runs.SavedRun.of(prepared, run))
    words = f"{report.format_result(outcome)}\n{report.format_main_findings(findings)}".rstrip()
    if json:
        progress.announce(words, indent=12)
        print_json({**outcome.as_dict(), "findings": [one.as_dict() for one in findings]})
    else:
        typer.echo(wrap_text(words, sys.stdout, indent=12))
    if outcome.status == "interrupted":
        raise typer.Exit(INTERRUPTED)
