"""Texts before and after a training: plan, forecast, result."""

from datetime import datetime, timedelta
from pathlib import Path
from shlex import quote

from scallion.applications import model_registry
from scallion.images import ResizeRule, choose_augmentation
from scallion.report.terminal_tables import format_other_test_evaluations
from scallion.runs import RunResult, Score
from scallion.runs.events import ForecastEvent, StartEvent
from scallion.runs.folder.test_set_use import other_test_evaluations
from scallion.runs.training.settings import OWN
from scallion.text_format import duration, percent, plural

_LONG = 300.0  # seconds, above which the reference engine suggests a shorter training
_MOST_FINDINGS = 5  # of the images' check, shown before a training


def format_plan(start: StartEvent) -> str:
    """Describe the training that begins: one line each for data, network, training and folder."""
    shape = "x".join(map(str, start.image_shape))
    engine = f"{start.instruction_set} kernels" if start.instruction_set else "the reference engine"
    data = (
        f"{start.training_images:,} training, {start.validation_images:,} validation and "
        f"{start.test_images:,} test images of {shape} in {len(start.class_names)} classes"
    )
    limit = start.settings["limit"]
    if limit is not None:
        data += f" (only the first {limit:,} training images: --limit)"
    length = plural(start.epochs, "epoch")
    if model_registry.find(start.model).recipe.starts_frozen:
        length += ", the first of the last layer alone"
    if start.settings["steps"] is not None:
        length = f"{plural(start.steps, 'step')} in {length}"
    if start.patience:
        length += f" (stops after {start.patience} without improvement)"
    training = (
        f"{length}, {start.batch_size} images per step, "
        f"learning rate {start.learning_rate:g}, seed {start.seed}, "
        f"{plural(start.threads, 'thread')}, {engine}"
    )
    return "\n".join(
        (
            f"data   {start.data}: {data}",
            *_augmentation(start),
            *_own_images(start),
            f"model  {_network(start)}",
            *([f"chosen {start.model_reason}"] if start.model_reason else []),
            f"train  {training}",
            f"run    {start.run}",
        )
    )


def format_forecast(forecast: ForecastEvent) -> str:
    """Return how long the training will take, when it will end, and how much memory it needs."""
    end = datetime.now() + timedelta(seconds=forecast.seconds)
    size = forecast.memory_bytes
    memory = "" if size is None else f", {size / 1e6:.0f} MB of memory"
    return (
        f"time   about {duration(forecast.seconds)}, "
        f"{duration(forecast.seconds_per_epoch)} per epoch: ends at {end:%H:%M}{memory}"
    )


def suggest_short_training(start: StartEvent, forecast: ForecastEvent) -> str | None:
    """Return a training that ends in a minute, if the reference engine would take long."""
    data = start.settings["data"]
    if start.instruction_set or forecast.seconds <= _LONG or not isinstance(data, str):
        return None
    return (
        "hint   the reference engine is slow; a training that ends in a minute: "
        f"scallion train {quote(data)} --model lesson-dense --minutes 1"
    )


def format_result(result: RunResult) -> str:
    """Return validation and test accuracy with 95 % intervals, the time, and the run's files."""
    lines = [_interruption(result)] if result.status == "interrupted" else []
    if result.validation is not None:
        lines.append(
            f"Validation: {_score(result.validation)}, after epoch {result.best_epoch}, the best"
            f" of {result.epochs}{_early_stop(result)}."
        )
    if result.test is not None:
        lines.append(f"Test:       {_score(result.test)}, evaluated once.")
        if others := other_test_evaluations(result.run):
            folder = result.run.path.parent
            lines.append(f"{'':<12}{format_other_test_evaluations(others, folder)}")
    else:
        lines.append("The test images were not evaluated.")
    lines.append(_time(result))
    run = result.run
    paths = (
        run.model,
        run.history,
        run.curves,
        run.events,
        run.config,
        run.environment,
        run.evaluation,
    )
    files = [path.name for path in paths if path.is_file()]
    lines.append(f"The run is in {run.path}: {', '.join(files)}.")
    if result.status == "interrupted":
        lines.append(f"Resume it with: scallion train --resume {quote(str(run.path))}")
    return "\n".join(lines)


def _augmentation(start: StartEvent) -> list[str]:
    if start.settings["augment"] == OWN:
        return _missing_mirroring(start)
    augmentation = choose_augmentation(start.settings["augment"], start.class_names)
    return [f"images {augmentation.describe()}"] if augmentation else []


def _missing_mirroring(start: StartEvent) -> list[str]:
    """Return a line if images are not mirrored only because their classes have no names."""
    unnamed = [str(number) for number in range(len(start.class_names))]
    source = start.settings["data"]
    is_npz = isinstance(source, str) and Path(source).suffix == ".npz"
    recipe = model_registry.find(start.model).recipe
    if not (is_npz and recipe.has_augmentation and start.class_names == unnamed):
        return []
    reason = "classes without names may be digits: an array class_names in the file names them"
    return [f"images not mirrored, because {reason}"]


def _own_images(start: StartEvent) -> list[str]:
    """Return lines on the resizing of the user's images, and on the findings of their check."""
    findings = start.data_findings
    severe = [finding for finding in findings if finding["severity"] != "info"]
    shown = severe[:_MOST_FINDINGS]
    lines: list[str] = []
    if start.resize_rule is not None:
        lines.append(f"images resized to {ResizeRule.from_dict(start.resize_rule).describe()}")
    lines += [f"check  {finding['severity']}: {finding['sentence']}" for finding in shown]
    others = len(findings) - len(shown)
    if others:
        noun = "more finding" if severe else "finding"
        lines.append(f"check  {plural(others, noun)}: scallion data check")
    return lines


def _network(start: StartEvent) -> str:
    overrides = start.settings["overrides"].items()
    changes = ", ".join(f"{name}={_shown(value)}" for name, value in overrides)
    name = start.model + (f" with {changes}" if changes else "")
    return f"{name}: {start.parameters:,} parameters"


def _shown(value: object) -> str:
    return str(tuple(value)) if isinstance(value, list) else str(value)


def _interruption(result: RunResult) -> str:
    if result.epochs == result.planned:
        return "Stopped after training, before the scores were complete."
    stopped = f"Stopped in epoch {result.epochs + 1} of {result.planned}"
    if result.epochs == 0:
        return f"{stopped}; model.keras holds the initial weights."
    return f"{stopped}, which is not counted; model.keras is from the best completed epoch."


def _early_stop(result: RunResult) -> str:
    if result.status != "finished" or result.epochs == result.planned:
        return ""
    waited = plural(result.epochs - result.best_epoch, "epoch")
    return f"; it stopped before {result.planned}, after {waited} without improvement"


def _score(score: Score) -> str:
    low, high = score.interval
    return (
        f"{percent(score.accuracy)} of {score.total:,} images correct "
        f"(95 % interval {percent(low)[:-2]} to {percent(high)})"
    )


def _time(result: RunResult) -> str:
    text = f"Time:       {duration(result.seconds)}"
    if result.images_per_second:
        # A clock justifies three digits.
        speed = int(float(f"{result.images_per_second:.3g}"))
        text += f"; training alone: {speed:,} images per second"
    return f"{text}."
