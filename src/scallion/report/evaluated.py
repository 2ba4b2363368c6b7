"""An evaluation as pictures: what is mixed up, how honest probabilities are, what is wrong."""

from collections.abc import Iterable
from pathlib import Path

from scallion import files
from scallion.files import StrPath
from scallion.report import pictures
from scallion.report.pictures import Picture
from scallion.runs import Evaluated
from scallion.runs.folder import safe_name


def save_evaluation(evaluated: Evaluated, out: StrPath | None = None) -> tuple[Path, ...]:
    """Draw an evaluation into PNG files: confusion in counts and in shares, reliability, mistakes.

    They go into the folder `out`, or into the run's `evaluation/`, in a folder for the images that
    it was evaluated on. Raises FileError.
    """
    folder = Path(out) if out is not None else _place(evaluated)
    return save_pictures(_pictures(evaluated), folder)


def save_pictures(shown: Iterable[Picture], folder: StrPath) -> tuple[Path, ...]:
    """Each picture as a PNG file of its own. Raises FileError."""
    home = files.make_folder(folder)
    written: list[Path] = []
    for picture in shown:
        written.append(home / f"{picture.name}.png")
        files.write_bytes(written[-1], picture.png)
    return tuple(written)


def _pictures(evaluated: Evaluated) -> list[Picture]:
    scores, names = evaluated.scores, evaluated.class_names
    found = [
        pictures.confusion_picture(scores.confusion, names),
        pictures.confusion_picture(scores.confusion, names, shares=True),
        pictures.reliability_picture(scores.reliability),
    ]
    if evaluated.mistakes:
        wrong = scores.images - int(scores.confusion.trace())
        sheet = pictures.mistakes_picture(evaluated.mistaken, evaluated.mistakes, names, wrong)
        found.append(sheet)
    return found


def _place(evaluated: Evaluated) -> Path:
    return evaluated.run.path / "evaluation" / safe_name(Path(evaluated.images).stem)
