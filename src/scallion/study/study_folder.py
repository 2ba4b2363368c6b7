"""A study's folder: its results, table, figure and answers."""

from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from scallion import file_versions, files
from scallion.errors import MissingFileError
from scallion.study import study_figure
from scallion.study.answers.study_answers import StudyAnswer, answer_questions
from scallion.study.plan import Study, find
from scallion.study.results import TrialResult, read_results
from scallion.study.results_table import LEGEND, format_table, results_table
from scallion.study.samplers import make_trials
from scallion.toml_format import read_toml

_STUDY, _STATE = "study.toml", "state.json"


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """The results of a study so far. `dropped` says what a short time left out."""

    name: str
    study: Study
    folder: Path
    results: tuple[TrialResult, ...]
    planned: int
    dropped: str

    @property
    def answers(self) -> list[StudyAnswer]:
        """The answers to the study's questions."""
        return answer_questions(self.study, self.results)

    @property
    def text(self) -> str:
        """The table, the answers, and what is missing."""
        lines = [self.study.title, f"{len(self.results)} of {self.planned} runs, in {self.folder}"]
        if self.dropped:
            lines.append(self.dropped)
        if not self.results:
            return "\n".join(lines)
        table = format_table(*results_table(self.study, self.results))
        lines += ["", table, "", LEGEND]
        lines += [line for answer in self.answers for line in ("", answer.ask, answer.text)]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return what `scallion study show --json` prints."""
        heads, rows = results_table(self.study, self.results)
        return {
            "study": self.name,
            "folder": self.folder,
            "runs": len(self.results),
            "planned": self.planned,
            "dropped": self.dropped,
            "table": [dict(zip(heads, row, strict=True)) for row in rows],
            "answers": {answer.id: answer for answer in self.answers},
        }

    def draw(self) -> Path:
        """Write the learning curves to `study.png`. Raises DataError if there are none."""
        path = self.folder / "study.png"
        files.write_bytes(path, self._repr_png_())
        return path

    def _repr_png_(self) -> bytes:
        return study_figure.draw(self.study, self.results)


def create_folder(folder: files.StrPath, text: str) -> Path:
    """Make a study's folder, with a copy of its file. Raises FileError."""
    path = files.make_folder(folder)
    files.write_bytes(path / _STUDY, text.encode())
    return path


def write_state(folder: Path, *, dropped: str, minutes: float | None, seconds: float) -> None:
    """Write the dropped trials, the time limit and the last part's seconds. Raises FileError."""
    files.write_json(
        folder / _STATE,
        {
            "format_version": file_versions.STUDY_STATE,
            "dropped": dropped,
            "minutes": minutes,
            "seconds": round(seconds, 1),
        },
    )


def open_folder(name: files.StrPath, out: files.StrPath = "studies") -> StudyOutcome:
    """Return the results of a study, by its name, its file, or its folder.

    Raises MissingFileError if it has not been run, UnknownNameError, FileError, FileVersionError.
    """
    folder = Path(name)
    if not (folder / _STUDY).is_file():
        folder = Path(out) / (Path(name).stem if Path(name).suffix == ".toml" else str(name))
    copy = folder / _STUDY
    if not copy.is_file():
        known = find(name)
        raise MissingFileError(
            f"the study {known.name} has not been run: {folder} does not exist",
            hint=f"scallion study run {quote(str(name))}",
        )
    text = files.read_bytes(copy).decode("utf-8", errors="replace")
    study = read_toml(text, Study, str(copy))
    trials = make_trials(study)
    found = read_results(folder)
    results = tuple(found[trial.key] for trial in trials if trial.key in found)
    return StudyOutcome(folder.name, study, folder, results, len(trials), _dropped(folder))


def _dropped(folder: Path) -> str:
    path = folder / _STATE
    if not path.is_file():
        return ""
    state = files.read_json(path)
    file_versions.require_version(
        state.get("format_version"),
        file_versions.STUDY_STATE,
        str(path),
        hint=f"delete {path.name}, and run the study again",
    )
    return str(state.get("dropped", ""))
