"""The explanation of predictions: Grad-CAM, activation maps and filters as PNG files."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.files import StrPath
from scallion.plots import activation_figure, explanation_figure, filter_figure, save_figures
from scallion.runs import Classifier, read_inputs
from scallion.runs.inspection import explanation
from scallion.runs.inspection.predict_inputs import OnUnreadable
from scallion.text_format import percent

_NUMBERED = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)  # an image of an array, as `predict` names it


@dataclass(frozen=True, slots=True)
class ExplainedImage:
    """The prediction for one image, and the files of the figures that explain it."""

    image: str
    prediction: str
    probability: float
    layer: str
    figures: tuple[Path, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what `scallion explain --json` prints for one image."""
        return {
            "image": self.image,
            "class": self.prediction,
            "probability": self.probability,
            "layer": self.layer,
            "figures": [str(path) for path in self.figures],
        }

    def as_text(self) -> str:
        """Return what `scallion explain` prints for one image."""
        folder = self.figures[0].parent
        names = ", ".join(path.name for path in self.figures)
        answer = f"{self.image}: {self.prediction}, {percent(self.probability)}."
        return f"{answer}\nFigures in {folder}: {names}"


def explain_images(
    run: StrPath,
    images: Sequence[StrPath],
    *,
    layer: str | None = None,
    out: StrPath = "explained",
    limit: int | None = None,
    on_unreadable: OnUnreadable | None = None,
) -> Iterator[ExplainedImage]:
    """Write Grad-CAM, the activation maps of a layer and the filters as PNG files into `out`.

    `run` is a run folder, or a `.keras` file that a run has written. `images` are files, folders
    and arrays, as `scallion predict` takes them; the figures of an image are written when it is
    taken from the iterator, those of the filters with the first one. `limit` is the most that are
    explained. Without `layer` the maps are
    those of the first convolution. Files that cannot be read are given to `on_unreadable`; without
    it, the first one raises FileError. Raises MissingFileError, FileError and DataError for what
    cannot be read, ArgumentError for an unknown layer.
    """
    classifier = Classifier.load(run)
    stems: set[str] = set()
    for batch in read_inputs([Path(path) for path in images], classifier, on_unreadable):
        for name, pixels in zip(batch.names, batch.images, strict=True):
            if limit is not None and len(stems) >= limit:
                return
            is_first, stem = not stems, _stem(name, stems)
            yield _explain(classifier, name, pixels, layer, out, stem, draw_filters=is_first)


def _explain(
    classifier: Classifier,
    image: str,
    pixels: NDArray[Any],
    layer: str | None,
    out: StrPath,
    stem: str,
    *,
    draw_filters: bool,
) -> ExplainedImage:
    model = classifier.model
    maps = explanation.activation_maps(model, pixels, layer)
    heat = explanation.grad_cam(model, pixels)
    probability = float(classifier.probabilities(pixels[None])[0][heat.label])
    name = classifier.class_names[heat.label]
    shown = layer or next(x.name for x in model.layers if hasattr(x.spec, "kernel_size"))
    figures = [
        explanation_figure(
            np.asarray(pixels)[None],
            [heat.map],
            [f"{name}, {percent(probability)}"],
            f"Regions of the image that support the prediction {name} (Grad-CAM).",
        ),
        activation_figure(maps, shown),
    ]
    if draw_filters:
        figures.append(filter_figure(explanation.filters(model)))
    paths = save_figures(figures, out, prefix=f"{stem}-")
    return ExplainedImage(image, name, probability, shown, paths)


def _stem(name: str, taken: set[str]) -> str:
    """Return the beginning of the names of an image's figures, which no other image has."""
    numbered = _NUMBERED.fullmatch(name)
    stem = f"{Path(numbered[1]).stem}-{numbered[2]}" if numbered else Path(name).stem
    number, found = 2, stem
    while found.casefold() in taken:
        found, number = f"{stem}-{number}", number + 1
    taken.add(found.casefold())
    return found
