"""A study's folder, and everything that can be said of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from scallion import files
from scallion.errors import MissingFileError
from scallion.study import results_table, study_figure
from scallion.study.answers.study_answers import StudyAnswer, answer
from scallion.study.plan import Study, find
from scallion.study.results import TrialResult, read_results
from scallion.study.samplers import make_trials
from scallion.toml_format import read_toml


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """What a study came to so far. `given_up` says what the time did not allow."""

    name: str
    study: Study
    folder: Path
    results: tuple[TrialResult, ...]
    planned: int
    given_up: str

    @property
    def verdicts(self) -> list[StudyAnswer]:
        """The answers to the study's questions."""
        return answer(self.study, self.results)

    @property
    def words(self) -> str:
        """Table, answers, and what is missing, for a terminal or a file."""
        lines = [self.study.title, f"{len(self.results)} of {self.planned} runs, in {self.folder}"]
        if self.given_up:
            lines.append(self.given_up)
        if not self.results:
            return "\n".join(lines)
        lines += ["", results_table.as_text(*results_table.rows_of(self.study, self.results)), ""]
        lines.append(
            "accuracy: % of the validation images, best epoch; rise: of the validation loss since "
            "its best; gap: points more on the training images; +-: half a 95 % interval"
        )
        lines += [line for verdict in self.verdicts for line in ("", verdict.ask, verdict.words)]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """What `scallion study show --json` prints."""
        heads, rows = results_table.rows_of(self.study, self.results)
        return {
            "study": self.name,
            "folder": self.folder,
            "runs": len(self.results),
            "planned": self.planned,
            "given_up": self.given_up,
            "table": [dict(zip(heads, row, strict=True)) for row in rows],
            "answers": {verdict.id: verdict for verdict in self.verdicts},
        }

    def _repr_png_(self) -> bytes:
        return study_figure.draw(self.study, self.results)

    def draw(self) -> Path:
        """Write the curves to `study.png`. Raises DataError where there are none."""
        path = self.folder / "study.png"
        files.write_bytes(path, study_figure.draw(self.study, self.results))
        return path


def open_folder(name: files.StrPath, out: files.StrPath = "studies") -> StudyOutcome:
    """What is there of a study: by its name, its file, or its folder.

    Raises MissingFileError where it has not been run, UnknownNameError, FileError.
    """
    folder = Path(name)
    if not (folder / "study.toml").is_file():
        folder = Path(out) / (Path(name).stem if Path(name).suffix == ".toml" else str(name))
    copy = folder / "study.toml"
    if not copy.is_file():
        known = find(name)
        raise MissingFileError(
            f"the study {known.name} has not been run: there is no {folder}",
            hint=f"scallion study run {name}",
        )
    text = files.read_bytes(copy).decode("utf-8", errors="replace")
    study = read_toml(text, Study, str(copy))
    planned = make_trials(study)
    found = read_results(folder)
    kept = [found[cell.key] for cell in planned if cell.key in found]
    return StudyOutcome(folder.name, study, folder, tuple(kept), len(planned), _given_up(folder))


def _given_up(folder: Path) -> str:
    path = folder / "state.json"
    if not path.is_file():
        return ""
    try:
        return msgspec.json.decode(files.read_bytes(path), type=dict[str, Any]).get("given_up", "")
    except msgspec.MsgspecError:
        return ""
