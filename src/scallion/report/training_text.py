"""What will run and what it came to, in plain words."""

from datetime import datetime, timedelta
from pathlib import Path

from scallion.images import choose_augmentation
from scallion.runs import Forecast, PreparedRun, RunFolder, RunResult, Score
from scallion.runs.folder.environment import Environment
from scallion.runs.training.preparation import OWN
from scallion.text_format import duration, percent, plural

NOTES = 5  # findings of the pictures' check that are shown before a training


def format_plan(prepared: PreparedRun, run: RunFolder) -> str:
    """What is about to run: data, network, machine, folder; a line each."""
    splits, settings = prepared.splits, prepared.settings
    shape = "x".join(map(str, prepared.image_shape))
    here = Environment.here()
    engine = f"{here.instruction_set} kernels" if here.instruction_set else "the reference engine"
    data = (
        f"{len(splits.train):,} training, {len(splits.validation):,} validation and "
        f"{len(splits.test):,} test images of {shape} in {len(prepared.class_names)} classes"
    )
    if settings.limit is not None:
        data += f" (only the first {settings.limit:,} training images: --limit)"
    patience = f" (ends after {prepared.patience} without a better)" if prepared.patience else ""
    length = plural(prepared.epochs, "epoch")
    if settings.steps is not None:
        length = f"{plural(prepared.steps.count, 'step')} in {length}"
    train = (
        f"{length}{patience}, {prepared.batch_size} images a step, "
        f"learning rate {prepared.learning_rate:g}, seed {settings.seed}, "
        f"{plural(here.threads, 'thread')}, {engine}"
    )
    return "\n".join(
        (
            f"data   {prepared.name}: {data}",
            *_of_pictures(prepared),
            f"model  {_network(prepared)}",
            f"train  {train}",
            f"run    {run.path}",
        )
    )


def _of_pictures(prepared: PreparedRun) -> list[str]:
    """How pictures of one's own are made to fit, and what their check found."""
    lines = _of_augmentation(prepared)
    resize_rule = prepared.data.resize_rule
    if resize_rule is None:
        return lines
    severe = [note for note in prepared.data.notes if note.severity != "info"]
    lines.append(f"size   pictures become {resize_rule.in_words()}")
    lines += [f"check  {note.severity}: {note.sentence}" for note in severe[:NOTES]]
    rest = len(prepared.data.notes) - len(severe[:NOTES])
    if rest:
        more = "more " if severe else ""
        lines.append(f"check  {plural(rest, f'{more}remark')}: scallion data check")
    return lines


def _of_augmentation(prepared: PreparedRun) -> list[str]:
    if prepared.settings.augment == OWN:
        return _of_mirroring(prepared)
    augmentation = choose_augmentation(prepared.settings.augment, prepared.class_names)
    return [f"change {augmentation.in_words()}"] if augmentation else []


def _of_mirroring(prepared: PreparedRun) -> list[str]:
    """Pictures that would be mirrored, had their classes names: that can be mended."""
    unnamed = tuple(str(number) for number in range(len(prepared.class_names)))
    own = Path(prepared.settings.data).suffix == ".npz"
    if not (own and prepared.recipe.has_augmentation and prepared.class_names == unnamed):
        return []
    why = "classes without names may be digits: an array class_names in the file names them"
    return [f"change nothing is mirrored, since {why}"]


def _network(prepared: PreparedRun) -> str:
    changes = ", ".join(f"{name}={value}" for name, value in prepared.settings.overrides.items())
    name = prepared.architecture.name + (f" with {changes}" if changes else "")
    return f"{name}: {prepared.model.count_params():,} parameters"


def format_forecast(expected: Forecast) -> str:
    """How long it will take, when it ends, and what memory it needs, as far as steps can tell."""
    end = datetime.now() + timedelta(seconds=expected.seconds)
    memory = "" if expected.memory is None else f", {expected.memory / 1e6:.0f} MB of memory"
    return (
        f"time   about {duration(expected.seconds)}, {duration(expected.epoch)} an epoch: "
        f"ends at {end:%H:%M}{memory}"
    )


def format_outcome(outcome: RunResult) -> str:
    """How it went: validation and test accuracy with their 95 % intervals, time, and where."""
    lines = [_ending(outcome)] if outcome.status == "interrupted" else []
    if outcome.validation is not None:
        lines.append(
            f"Validation: {_score(outcome.validation)}, after epoch {outcome.best_epoch}, the best"
            f" of {outcome.epochs}{_waited(outcome)}."
        )
    if outcome.test is not None:
        lines.append(f"Test:       {_score(outcome.test)}, looked at once.")
    else:
        lines.append("The test images were not looked at.")
    lines.append(_time(outcome))
    files = [path.name for path in _kept(outcome.run) if path.is_file()]
    lines.append(f"The run lies in {outcome.run.path}: {', '.join(files)}.")
    return "\n".join(lines)


def _ending(outcome: RunResult) -> str:
    if outcome.epochs == outcome.planned:
        return "Stopped after training, before the scores were complete."
    unfinished = f"Stopped in epoch {outcome.epochs + 1} of {outcome.planned}"
    if outcome.epochs == 0:
        return f"{unfinished}; model.keras holds the weights as they were."
    return f"{unfinished}, which is not counted; model.keras is the best of those before."


def _waited(outcome: RunResult) -> str:
    if outcome.status != "finished" or outcome.epochs == outcome.planned:
        return ""
    waited = plural(outcome.epochs - outcome.best_epoch, "epoch")
    return f"; {waited} without a better one ended it before {outcome.planned}"


def _score(score: Score) -> str:
    low, high = score.interval
    return (
        f"{percent(score.accuracy)} of {score.total:,} images right "
        f"(95 % interval {percent(low)[:-2]} to {percent(high)})"
    )


def _time(outcome: RunResult) -> str:
    text = f"Time:       {duration(outcome.seconds)}"
    if outcome.images_per_second:
        text += f"; training alone {_rounded(outcome.images_per_second):,} images a second"
    return f"{text}."


def _rounded(number: float) -> int:
    """Three figures, which is what a clock can tell."""
    return int(float(f"{number:.3g}"))


def _kept(run: RunFolder) -> tuple:
    return (run.model, run.history, run.curves, run.config, run.environment, run.evaluation)
