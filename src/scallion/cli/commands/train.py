"""`scallion train`: train a network, and keep everything in a run folder."""

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import typer

from scallion.cli import train_options as option
from scallion.cli.error_handling import INTERRUPTED, handle_errors
from scallion.cli.interrupt_gate import InterruptGate
from scallion.cli.options import (
    Augment,
    Debug,
    Engine,
    ImageFit,
    ImageGroup,
    ImageSize,
    Json,
    Threads,
    configure,
    parse_assignments,
    print_json,
    refuse_beside,
    split_names,
)
from scallion.cli.progress_display import TrainingDisplay, announce
from scallion.cli.wrapping import wrap_text
from scallion.errors import ArgumentError

if TYPE_CHECKING:
    from scallion.runs import RunResult
    from scallion.runs.events import AnyEvent

_INDENT = 12  # of continuation lines of the result
_REPEAT = (
    "{:,} steps fitted into the time. To repeat this run, use --steps {}{} instead of --minutes."
)


# It is long because it lists every option, and because its docstring is the help.
@handle_errors
def train(
    context: typer.Context,
    data: option.DataSource = "fashion-mnist",
    model: option.TrainedModel = "auto",
    epochs: option.Epochs = None,
    steps: option.Steps = None,
    batch_size: option.BatchSize = None,
    lr: option.LearningRate = None,
    seed: option.Seed = 42,
    limit: option.Limit = None,
    patience: option.Patience = None,
    minutes: option.Minutes = None,
    metrics: option.Metrics = "",
    set_: option.Overrides = None,
    size: ImageSize = None,
    fit: ImageFit = None,
    group: ImageGroup = None,
    resume: option.Resume = None,
    augment: Augment = "own",
    balance: option.Balance = False,
    threads: Threads = None,
    engine: Engine = "auto",
    out: option.Out = Path("runs"),
    json: Json = False,
    debug: Debug = False,  # noqa: ARG001 (handle_errors reads it)
) -> None:
    """Train a network on images, and report its accuracy.

    DATA may be a folder with one folder of images per class, or with the folders train, validation
    and test that each have one folder per class. The epoch with the best validation accuracy is
    kept, and the test images are evaluated once, at the end. Missing splits are taken from the
    training images. Everything is written into a run folder: model.keras, history.csv,
    history.png, events.jsonl, config.json, environment.json, evaluation.json. Ctrl-C stops after
    the current step and keeps what was reached; --resume continues, and the weights are
    bit-identical to those of a run that was never stopped.

    \b
    Examples:
      scallion train
      scallion train mnist --model lesson --epochs 3
      scallion train --model lesson-dropout --set dropout=0.5 --patience 3
      scallion train --minutes 2
      scallion train --resume runs/fashion-mnist-1
      scallion train cells.npz --lr 0.002 --json
      scallion train FOLDER --model pretrained --minutes 3
      scallion train FOLDER --size 48 --fit pad
    """
    started = perf_counter()
    from scallion import runs  # slow to import

    configure(threads)
    _refuse_two_lengths({"--minutes": minutes, "--steps": steps, "--epochs": epochs})
    with InterruptGate() as gate:
        with TrainingDisplay(f"reading {resume or data}") as display:

            def show(event: "AnyEvent") -> None:
                if isinstance(event, runs.events.StartEvent):
                    gate.close()
                display.show(event)

            if resume is not None:
                refuse_beside(context, "resume", "threads", "json", "debug")
                result = runs.resume(resume, on_event=show)
            else:
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
                    metrics=split_names(metrics),
                    overrides=parse_assignments(set_ or ()),
                    size=size,
                    fit=fit,
                    group=group,
                    balance=balance,
                    augment=augment,
                    engine=engine,
                )
                result = runs.run(settings, minutes=minutes, on_event=show, started=started)
        if minutes is not None:
            used = result.run.read_config()["settings"]["size"]
            other = f" --size {used}" if size is None and used is not None else ""
            announce(_REPEAT.format(runs.StepPlan.of(result.steps).count, result.steps, other))
        _print_result(result, json)
    if result.status == "interrupted":
        raise typer.Exit(INTERRUPTED)


def _refuse_two_lengths(lengths: dict[str, object]) -> None:
    given = [name for name, value in lengths.items() if value is not None]
    if len(given) > 1:
        raise ArgumentError(
            f"{given[0]} decides how long to train. Received: {given[1]} {lengths[given[1]]}",
            hint=f"leave out {given[1]}, or {given[0]}",
        )


def _print_result(result: "RunResult", json: bool) -> None:
    from scallion import report  # slow to import

    text = f"{report.format_result(result)}\n{report.format_main_findings(result.findings)}"
    try:
        if json:
            announce(text.rstrip(), indent=_INDENT)
            print_json(result.as_dict())
        else:
            typer.echo(wrap_text(text.rstrip(), sys.stdout, indent=_INDENT))
    except OSError:  # nobody can read it there, and it was long in the making
        if not json:
            announce(text.rstrip(), indent=_INDENT)
        raise
