"""What a network looks at in an image of a user's: pictures, and the answer in words."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scallion import files
from scallion.files import StrPath
from scallion.insight import explanation
from scallion.insight.prose import percent
from scallion.report import pictures
from scallion.runs import open_run


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer for one image, and the pictures that explain it."""

    image: str
    answer: str
    probability: float
    layer: str
    pictures: tuple[Path, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "image": self.image,
            "class": self.answer,
            "probability": self.probability,
            "layer": self.layer,
            "pictures": [str(path) for path in self.pictures],
        }

    def in_words(self) -> str:
        where = self.pictures[0].parent
        names = ", ".join(path.name for path in self.pictures)
        return f"{self.image}: {self.answer}, {percent(self.probability)} sure.\n{where}: {names}"


def explain_image(
    run: StrPath, image: StrPath, *, layer: str | None = None, out: StrPath = "explained"
) -> Explained:
    """Grad-CAM, the maps of a layer and the filters as PNG files in `out`.

    Raises MissingFileError, FileError for what cannot be read, ArgumentError for a layer that is not
    there.
    """
    opened = open_run(run)
    model = opened.model
    pixels = opened.classifier.prepare([Path(image)])[0]
    maps = explanation.activation_maps(model, pixels, layer)
    heat = explanation.grad_cam(model, pixels)
    row = opened.classifier.probabilities(pixels[None])[0]
    answer = opened.class_names[heat.label]
    named = layer or next(x.name for x in model.layers if hasattr(x.spec, "kernel_size"))
    caption = f"{answer}, {percent(float(row[heat.label]), 0)}"
    shown = (
        pictures.explained_picture(
            pixels[None], [heat.map], [caption], f"Where the image speaks for {answer} (Grad-CAM)."
        ),
        pictures.maps_picture(maps, named),
        pictures.filters_picture(explanation.filters(model)),
    )
    folder = files.make_folder(out)
    paths = [folder / f"{Path(image).stem}-{picture.name}.png" for picture in shown]
    for path, picture in zip(paths, shown, strict=True):
        files.write_bytes(path, picture.png)
    return Explained(str(image), answer, float(row[heat.label]), named, tuple(paths))
