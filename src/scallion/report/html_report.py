"""`report.html`: a run in one file that loads nothing from a network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import files, insight, plots
from scallion.files import StrPath
from scallion.findings import Finding
from scallion.html import Section, build_page, png_figure
from scallion.html.markup import Markup
from scallion.insight import Evaluation
from scallion.plots import PngFigure
from scallion.report import overview
from scallion.report.model_sections import data_section, explanation_section, network_section
from scallion.report.score_sections import Figures, confusion_section, scores_section
from scallion.runs import SavedRun, diagnose_run, open_run
from scallion.runs.inspection import explanation

_MISTAKES = 18
_EXPLAINED = 6
_EXAMPLES = 12


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """The files of a report, and the findings in it."""

    page: Path
    figures: tuple[Path, ...]
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what `scallion report --json` prints."""
        return {
            "report": str(self.page),
            "figures": [str(path) for path in self.figures],
            "findings": [finding.as_dict() for finding in self.findings],
        }


def write_report(run: StrPath, *, images: bool = True, out: StrPath | None = None) -> WrittenReport:
    """Write `report.html` and its figures as PNG files into the run folder, or into `out`.

    With `images=False` it contains no image of the data. Raises MissingFileError, FileError,
    DataError, StateError if the data have changed since the training.
    """
    saved_run = open_run(run)
    findings = diagnose_run(saved_run)
    scores = insight.evaluate(saved_run.predictions.labels, saved_run.predictions.probabilities)
    figures = _figures(saved_run, scores, images=images)
    sections = [
        Section("diagnosis", "Diagnosis", overview.diagnosis(findings)),
        Section("curves", "Training", png_figure(figures["curves"])),
        Section("scores", "Scores", scores_section(saved_run, scores, figures)),
        Section("confusion", "Confusion matrix", confusion_section(saved_run, scores, figures)),
        Section("mistakes", "Mistakes", _optional(figures, "mistakes")),
        Section("explanation", "Explanation", explanation_section(saved_run, figures)),
        Section("network", "Network", network_section(saved_run)),
        Section("data", "Data", data_section(saved_run, figures)),
        Section("reproduce", "Reproduce", overview.reproduce(saved_run)),
        Section(
            "card", "Model card", overview.model_card(saved_run, scores, findings, images=images)
        ),
    ]
    html = build_page(
        f"{saved_run.name}: report",
        header=overview.header(saved_run, scores),
        sections=[section for section in sections if section.content],
        footer=overview.footer(saved_run, images=images),
    )
    folder = saved_run.run.path if out is None else Path(out)
    written = plots.save_figures(figures.values(), folder / "figures")
    page = folder / "report.html"
    files.write_text(page, html)
    return WrittenReport(page, written, tuple(findings))


def _optional(figures: Figures, name: str) -> Markup:
    return png_figure(figures[name]) if name in figures else Markup("")


def _figures(saved_run: SavedRun, scores: Evaluation, *, images: bool) -> dict[str, PngFigure]:
    figures = [
        _curves(saved_run),
        *plots.evaluation_figures(scores, saved_run.class_names),
    ]
    has_convolution = any(hasattr(layer.spec, "kernel_size") for layer in saved_run.model.layers)
    if has_convolution:
        figures.append(plots.filter_figure(explanation.filters(saved_run.model)))
    if images:
        figures.append(_examples(saved_run))
        figures.extend(_mistakes(saved_run))
        if has_convolution:
            figures.append(_explained(saved_run))
    return {figure.name: figure for figure in figures}


def _curves(saved_run: SavedRun) -> PngFigure:
    figure = plots.plot(saved_run.history)
    description = plots.describe_curves(saved_run.history)
    return plots.render(figure, "curves", description)


def _examples(saved_run: SavedRun) -> PngFigure:
    """Return the first validation image of each class."""
    held_out = saved_run.validation
    labels = np.unique(held_out.y)[:_EXAMPLES]
    first = [int(np.flatnonzero(held_out.y == label)[0]) for label in labels]
    names = [saved_run.class_names[label] for label in labels]
    description = f"One validation image per class: {', '.join(names)}."
    return plots.image_grid_figure("examples", held_out.x[first], names, description)


def _mistakes(saved_run: SavedRun) -> list[PngFigure]:
    """Return the most confident mistakes, if there are any."""
    predictions = saved_run.predictions
    worst = insight.most_confident_mistakes(predictions, _MISTAKES)
    if not worst:
        return []
    shown = saved_run.validation.x[[mistake.image for mistake in worst]]
    wrong = int((predictions.predicted != predictions.labels).sum())
    return [plots.mistake_figure(shown, worst, saved_run.class_names, wrong)]


def _explained(saved_run: SavedRun) -> PngFigure:
    """Return heat maps of correctly and of wrongly classified images of different classes."""
    predictions, names, held_out = (
        saved_run.predictions,
        saved_run.class_names,
        saved_run.validation,
    )
    correct = predictions.predicted == predictions.labels
    right, wrong = (_one_per_class(predictions.labels, which) for which in (correct, ~correct))
    chosen = [*right[: _EXPLAINED // 2], *wrong[: _EXPLAINED // 2]]
    heat_maps = [explanation.grad_cam(saved_run.model, held_out.x[i]).map for i in chosen]
    captions = [
        names[predictions.labels[i]]
        if correct[i]
        else f"{names[predictions.labels[i]]}\npredicted: {names[predictions.predicted[i]]}"
        for i in chosen
    ]
    texts = "; ".join(caption.replace("\n", ", ") for caption in captions)
    description = (
        "Grad-CAM: brighter regions support the predicted class more. Labels of these images: "
        f"{texts}."
    )
    return plots.explanation_figure(held_out.x[chosen], heat_maps, captions, description)


def _one_per_class(labels: NDArray[np.int64], which: NDArray[np.bool_]) -> list[int]:
    """Return the index of the first chosen image of each class."""
    found = (np.flatnonzero(which & (labels == label)) for label in np.unique(labels))
    return [int(indices[0]) for indices in found if len(indices)]
