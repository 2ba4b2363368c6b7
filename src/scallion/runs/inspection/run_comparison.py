"""Runs beside each other: what they were asked, what they reached, and whether it differs."""

import json
from dataclasses import dataclass
from itertools import combinations
from statistics import mean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.files import StrPath
from scallion.insight.metrics.comparison import AccuracyDifference, compare_classifiers
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.inspection.saved_run import (
    SavedRun,
    check_split,
    count_test_evaluation,
    open_run,
)
from scallion.runs.training.run_data import Report

# Parts of a configuration in which runs differ without having been asked to.
_ASIDE = frozenset({"versions", "settings", "optimizer"})


@dataclass(frozen=True, slots=True, eq=False)
class RunComparison:
    """Some runs on the same images. All lists are in the order of `runs`.

    `settings` holds what differs: a name, and a value a run. `pairs` are the differences of each
    two, by their places; None where they have not the same images. `groups` puts runs together that
    differ in nothing but the seed.
    """

    runs: list[RunFolder]
    split: str
    images: list[int]
    accuracies: list[float]
    settings: dict[str, list[Any]]
    pairs: dict[tuple[int, int], AccuracyDifference | None]
    groups: list[list[int]]

    def spread(self, group: list[int]) -> tuple[float, float] | None:
        """Mean and standard deviation of the accuracy over seeds, None for a single run."""
        if len(group) < 2:
            return None
        values = [self.accuracies[place] for place in group]
        return mean(values), stdev(values)

    def as_dict(self) -> dict[str, Any]:
        return {
            "runs": [str(run.path) for run in self.runs],
            "split": self.split,
            "images": self.images,
            "accuracies": self.accuracies,
            "settings": self.settings,
            "pairs": [
                {
                    "first": str(self.runs[one].path),
                    "second": str(self.runs[two].path),
                    **({} if found is None else _as_dict(found)),
                    "same_images": found is not None,
                }
                for (one, two), found in self.pairs.items()
            ],
            "groups": [
                {
                    "runs": [str(self.runs[place].path) for place in group],
                    "mean": mean(self.accuracies[place] for place in group),
                    "deviation": spread[1] if (spread := self.spread(group)) else None,
                }
                for group in self.groups
            ],
        }


def compare_runs(
    paths: list[StrPath], *, split: str = "validation", report: Report | None = None
) -> RunComparison:
    """Hold runs against each other on the same images.

    Comparing is choosing, so the validation images decide, unless the test images are asked for;
    that is a look at them, and counted in every run. Raises ArgumentError for fewer than two runs,
    and what `open_run` raises.
    """
    check_split(split)
    if len({str(path) for path in paths}) < 2:
        raise ArgumentError(
            "a comparison takes two runs or more, each of them once. "
            f"Received: {', '.join(map(str, paths)) or 'none'}",
            hint="scallion compare runs/mnist-1 runs/mnist-2",
        )
    opened = [open_run(path, report) for path in paths]
    right = [_right_answers(one, split) for one in opened]
    if split == "test":
        for one in opened:
            count_test_evaluation(one.run)
    prints = [one.config["splits"].get("fingerprints", {}).get(split) for one in opened]
    pairs: dict[tuple[int, int], AccuracyDifference | None] = {}
    for one, two in combinations(range(len(opened)), 2):
        same = prints[one] is not None and prints[one] == prints[two]
        pairs[one, two] = compare_classifiers(right[one], right[two]) if same else None
    plain = [_flat(one.config) for one in opened]
    return RunComparison(
        runs=[one.run for one in opened],
        split=split,
        images=[len(one) for one in right],
        accuracies=[float(one.mean()) for one in right],
        settings=_differing(plain),
        pairs=pairs,
        groups=_but_for_seeds(plain),
    )


def read_histories(compared: RunComparison) -> dict[str, dict[str, list[float]]]:
    """The curves of the runs by their names, for those that completed an epoch."""
    return {run.path.name: run.read_history() for run in compared.runs if run.history.is_file()}


def _right_answers(opened: SavedRun, split: str) -> NDArray[np.bool_]:
    images = opened.images(split)
    return opened.classifier.probabilities(images.x).argmax(axis=1) == images.y


def _flat(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A configuration with one name a value: `data.name`, `batch_size`."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if not prefix and name in _ASIDE:
            continue
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def _differing(plain: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for one in plain for name in one)
    columns = {name: [one.get(name) for one in plain] for name in names}
    return {
        name: values
        for name, values in columns.items()
        if len({json.dumps(value) for value in values}) > 1
        and "sha256" not in name
        and "fingerprints" not in name
    }


def _but_for_seeds(plain: list[dict[str, Any]]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for place, one in enumerate(plain):
        key = json.dumps({name: value for name, value in one.items() if name != "seed"})
        groups.setdefault(key, []).append(place)
    return list(groups.values())


def _as_dict(found: AccuracyDifference) -> dict[str, Any]:
    return {
        "images": found.images,
        "first_only": found.first_only,
        "second_only": found.second_only,
        "difference": found.difference,
        "interval": list(found.interval),
        "p_value": found.p_value,
        "better": found.better,
    }
