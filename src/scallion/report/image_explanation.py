"""The explanation of one prediction: Grad-CAM, activation maps and filters as PNG files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scallion.files import StrPath
from scallion.plots import activation_figure, explanation_figure, filter_figure, save_figures
from scallion.runs import Classifier
from scallion.runs.inspection import explanation
from scallion.text_format import percent


@dataclass(frozen=True, slots=True)
class ExplainedImage:
    """The prediction for one image, and the files of the figures that explain it."""

    image: str
    prediction: str
    probability: float
    layer: str
    figures: tuple[Path, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what `scallion explain --json` prints."""
        return {
            "image": self.image,
            "class": self.prediction,
            "probability": self.probability,
            "layer": self.layer,
            "figures": [str(path) for path in self.figures],
        }

    def as_text(self) -> str:
        """Return what `scallion explain` prints."""
        folder = self.figures[0].parent
        names = ", ".join(path.name for path in self.figures)
        return f"{self.image}: {self.prediction}, {percent(self.probability)}.\n{folder}: {names}"


def explain_image(
    run: StrPath, image: StrPath, *, layer: str | None = None, out: StrPath = "explained"
) -> ExplainedImage:
    """Write Grad-CAM, the activation maps of a layer and the filters as PNG files into `out`.

    `run` is a run folder, or a `.keras` file that a run has written. Without `layer` the maps are
    those of the first convolution. Raises MissingFileError, FileError for what cannot be read,
    ArgumentError for an unknown layer.
    """
    classifier = Classifier.load(run)
    model = classifier.model
    pixels = classifier.prepare([Path(image)])[0]
    maps = explanation.activation_maps(model, pixels, layer)
    heat = explanation.grad_cam(model, pixels)
    probability = float(classifier.probabilities(pixels[None])[0][heat.label])
    name = classifier.class_names[heat.label]
    shown = layer or next(x.name for x in model.layers if hasattr(x.spec, "kernel_size"))
    figures = (
        explanation_figure(
            pixels[None],
            [heat.map],
            [f"{name}, {percent(probability, 0)}"],
            f"Regions of the image that support the prediction {name} (Grad-CAM).",
        ),
        activation_figure(maps, shown),
        filter_figure(explanation.filters(model)),
    )
    paths = save_figures(figures, out, prefix=f"{Path(image).stem}-")
    return ExplainedImage(str(image), name, probability, shown, paths)
