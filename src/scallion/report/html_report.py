"""`report.html`: all about a run in one file that needs no network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import files, insight, plots
from scallion.files import StrPath
from scallion.findings import Finding
from scallion.html import page
from scallion.insight import Evaluation
from scallion.plots import PngFigure
from scallion.report import sections
from scallion.report.diagnosis import examine_run
from scallion.runs import SavedRun, open_run
from scallion.runs.inspection import explanation

_MISTAKES = 18
_EXPLAINED = 6


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """What a report came to: its file, and the files of its pictures."""

    page: Path
    figures: tuple[Path, ...]
    findings: tuple[Finding, ...]


def write_report(run: StrPath, *, images: bool = True) -> WrittenReport:
    """Write `report.html` and its pictures as PNG into the run folder.

    With `images=False` no image of the data is in it. Raises MissingFileError, FileError, DataError
    where the run or its data are not as they were.
    """
    opened = open_run(run)
    findings = examine_run(opened)
    scores = insight.evaluate(opened.answers.labels, opened.answers.probabilities)
    shown = _pictures(opened, scores, images=images)
    html = page.page(
        f"{opened.name}: report",
        sections.header(opened, scores),
        sections.all_sections(opened, scores, findings, shown, images=images),
        sections.footer(opened, images=images),
    )
    written = plots.save_figures(shown.values(), opened.run.path / "figures")
    target = opened.run.path / "report.html"
    files.write_text(target, html)
    return WrittenReport(target, written, tuple(findings))


def _pictures(opened: SavedRun, scores: Evaluation, *, images: bool) -> dict[str, PngFigure]:
    names = opened.class_names
    found = [
        PngFigure("curves", _curves(opened), plots.describe_curves(opened.history)),
        plots.confusion_figure(scores.confusion, names),
        plots.confusion_figure(scores.confusion, names, normalize=True),
        plots.reliability_figure(scores.calibration),
    ]
    if _has_convolution(opened):
        found.append(plots.filter_figure(explanation.filters(opened.model)))
    if images:
        found.append(_examples(opened))
        found.extend(_mistakes(opened))
        if _has_convolution(opened):
            found.append(_explained(opened))
    return {picture.name: picture for picture in found}


def _curves(opened: SavedRun) -> bytes:
    return plots.plot(opened.history)._repr_png_()  # type: ignore[attr-defined]


def _examples(opened: SavedRun) -> PngFigure:
    held = opened.validation
    first = [int(np.flatnonzero(held.y == label)[0]) for label in np.unique(held.y)][:12]
    names = [opened.class_names[held.y[place]] for place in first]
    text = f"One validation image of each class: {', '.join(names)}."
    return plots.image_grid_figure("examples", held.x[first], names, text)


def _mistakes(opened: SavedRun) -> list[PngFigure]:
    """The mistakes that the network is surest of, if there are any."""
    given = opened.answers
    worst = insight.most_confident_mistakes(given, _MISTAKES)
    if not worst:
        return []
    shown = opened.validation.x[[mistake.image for mistake in worst]]
    wrong = int((given.predicted != given.labels).sum())
    return [plots.mistake_figure(shown, worst, opened.class_names, wrong)]


def _explained(opened: SavedRun) -> PngFigure:
    """Images of different classes, right ones and wrong ones, with what spoke for the answer."""
    given, names, held = opened.answers, opened.class_names, opened.validation
    right = given.predicted == given.labels
    good, bad = (_of_each_class(given.labels, which) for which in (right, ~right))
    chosen = [*good[: _EXPLAINED // 2], *bad[: _EXPLAINED // 2]]
    heats = [explanation.grad_cam(opened.model, held.x[i]).map for i in chosen]
    captions = [
        names[given.labels[i]]
        if right[i]
        else f"{names[given.labels[i]]}\nas {names[given.predicted[i]]}"
        for i in chosen
    ]
    text = (
        "Images with what spoke for the answer that the network gave: bright places count most "
        f"(Grad-CAM). {'; '.join(caption.replace(chr(10), ' ') for caption in captions)}."
    )
    return plots.explanation_figure(held.x[chosen], heats, captions, text)


def _of_each_class(labels: NDArray[np.int64], which: NDArray[np.bool_]) -> list[int]:
    """The first image of each class, of those that are asked for."""
    found = (np.flatnonzero(which & (labels == label)) for label in np.unique(labels))
    return [int(places[0]) for places in found if len(places)]


def _has_convolution(opened: SavedRun) -> bool:
    return any(hasattr(layer.spec, "kernel_size") for layer in opened.model.layers)


def report_as_dict(written: WrittenReport) -> dict[str, Any]:
    """What `scallion report --json` prints."""
    return {
        "report": str(written.page),
        "figures": [str(path) for path in written.figures],
        "findings": [finding.as_dict() for finding in written.findings],
    }
