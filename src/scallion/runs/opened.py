"""A run that is over, opened again: its model, and the very images that it was trained on."""

from dataclasses import dataclass
from typing import Any

from scallion import files
from scallion.errors import StateError, UnknownNameError
from scallion.files import StrPath
from scallion.runs.classifier import Classifier
from scallion.runs.data import Images, Report, Splits, gather
from scallion.runs.folder import RunFolder
from scallion.runs.resuming import settings_of

SPLITS = ("test", "validation", "train")


@dataclass(frozen=True, slots=True, eq=False)
class OpenRun:
    """A run's model and configuration; `images` gives a split, after a look at its fingerprint."""

    run: RunFolder
    config: dict[str, Any]
    classifier: Classifier
    splits: Splits

    def images(self, split: str) -> Images:
        """One of test, validation, train. Raises StateError where its images are others now."""
        check_split(split)
        found: Images = getattr(self.splits, split)
        before = self.config["splits"].get("fingerprints", {}).get(split)
        if before is not None and before != found.fingerprint():
            raise StateError(
                f"{self.run.path}: the {split} images are not those of the run any more",
                hint=f"bring back {self.config['data']['source']} as it was, or train again",
            )
        return found


def check_split(split: str) -> None:
    """Raise UnknownNameError for what is no split."""
    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)


def open_run(path: StrPath, report: Report | None = None) -> OpenRun:
    """The run at this place, with its data read again.

    Raises MissingError, FileError, StateError, and what reading the data raises.
    """
    run = RunFolder.open(path)
    config = files.read_json(run.config)
    classifier = Classifier.load(run.path)
    settings = settings_of(run)
    data = gather(settings.data, settings.limit, settings.pictures, report)
    return OpenRun(run, config, classifier, data.splits)


def count_look(run: RunFolder) -> int:
    """Note that somebody looks at the test images once more, and say how often that was."""
    kept = files.read_json(run.evaluation) if run.evaluation.is_file() else {}
    test = kept.get("test") or {}
    looks = int(test.get("looks", 0)) + 1
    files.write_json(run.evaluation, {**kept, "test": {**test, "looks": looks}})
    return looks


def looks(run: RunFolder) -> int:
    """How often the test images were looked at."""
    if not run.evaluation.is_file():
        return 0
    return int((files.read_json(run.evaluation).get("test") or {}).get("looks", 0))
