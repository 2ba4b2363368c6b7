"""The figures of a run's evaluation as PNG files."""

from pathlib import Path

from scallion.files import StrPath
from scallion.plots import evaluation_figures, save_figures
from scallion.runs import RunEvaluation
from scallion.runs.folder.run_folder import safe_name


def save_evaluation_figures(
    evaluated: RunEvaluation, out: StrPath | None = None
) -> tuple[Path, ...]:
    """Write confusion matrices, reliability diagram and mistakes as PNG; return their paths.

    They go into the folder `out`, or into the run's `evaluation/`, into a folder named after the
    images that the run was evaluated on. Raises FileError.
    """
    figures = evaluation_figures(
        evaluated.scores, evaluated.class_names, evaluated.mistakes, evaluated.mistaken_images
    )
    return save_figures(figures, _default_folder(evaluated) if out is None else Path(out))


def _default_folder(evaluated: RunEvaluation) -> Path:
    return evaluated.run.path / "evaluation" / safe_name(Path(evaluated.images).stem)
