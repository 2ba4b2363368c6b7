"""Comparison of runs: their settings, their accuracies, and whether these differ by chance."""

import json
from collections.abc import Sequence
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
    count_test_evaluation,
    open_run,
    require_split,
)
from scallion.runs.training.data_loading import OnImages

_NOT_SETTINGS = frozenset({"format_version", "versions", "settings", "optimizer"})


@dataclass(frozen=True, slots=True, eq=False)
class RunComparison:
    """Some runs on the same images. All lists are in the order of `runs`.

    `settings` holds what differs: a name, and one value per run. `pairs` maps the positions of two
    runs to their difference, None if they do not have the same images. `groups` are the positions
    of runs that differ in nothing but the seed.
    """

    runs: list[RunFolder]
    split: str
    images: list[int]
    accuracies: list[float]
    settings: dict[str, list[Any]]
    pairs: dict[tuple[int, int], AccuracyDifference | None]
    groups: list[list[int]]

    def spread(self, group: list[int]) -> tuple[float, float] | None:
        """Return mean and standard deviation of the accuracy over seeds, None for a single run."""
        if len(group) < 2:
            return None
        values = [self.accuracies[position] for position in group]
        return mean(values), stdev(values)

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as `scallion compare --json` prints it."""
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
                    **({} if found is None else _difference_as_dict(found)),
                    "same_images": found is not None,
                }
                for (one, two), found in self.pairs.items()
            ],
            "groups": [
                {
                    "runs": [str(self.runs[position].path) for position in group],
                    "mean": mean(self.accuracies[position] for position in group),
                    "deviation": spread[1] if (spread := self.spread(group)) else None,
                }
                for group in self.groups
            ],
        }


def compare_runs(
    paths: Sequence[StrPath], *, split: str = "validation", on_images: OnImages | None = None
) -> RunComparison:
    """Compare runs on the same images.

    Whoever compares runs chooses among them, so the default is the validation images; test images
    count as one evaluation in every run. Raises ArgumentError for fewer than two runs, and what
    `open_run` raises.
    """
    require_split(split)
    if len({str(path) for path in paths}) < 2:
        raise ArgumentError(
            "a comparison takes two or more different runs. "
            f"Received: {', '.join(map(str, paths)) or 'none'}",
            hint="scallion compare runs/mnist-1 runs/mnist-2",
        )
    saved = [open_run(path, on_images=on_images) for path in paths]
    correct = [_correct(one, split) for one in saved]
    if split == "test":
        for one in saved:
            count_test_evaluation(one.run)
    fingerprints = [one.config["splits"]["fingerprints"][split] for one in saved]
    pairs: dict[tuple[int, int], AccuracyDifference | None] = {}
    for one, two in combinations(range(len(saved)), 2):
        same = fingerprints[one] == fingerprints[two]
        pairs[one, two] = compare_classifiers(correct[one], correct[two]) if same else None
    settings = [_flatten(one.config) for one in saved]
    return RunComparison(
        runs=[one.run for one in saved],
        split=split,
        images=[len(one) for one in correct],
        accuracies=[float(one.mean()) for one in correct],
        settings=_differing(settings),
        pairs=pairs,
        groups=_group_by_seed(settings),
    )


def read_histories(comparison: RunComparison) -> dict[str, dict[str, list[float]]]:
    """Return the learning curves by the name of the run, of those that completed an epoch."""
    return {run.path.name: run.read_history() for run in comparison.runs if run.history.is_file()}


def _correct(saved: SavedRun, split: str) -> NDArray[np.bool_]:
    """Return which images of a split the run's model classifies correctly: bool (n,)."""
    images = saved.images(split)
    return saved.classifier.probabilities(images.x).argmax(axis=1) == images.y


def _flatten(config: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a configuration with one name per value: `data.name`, `batch_size`."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if not prefix and name in _NOT_SETTINGS:
            continue
        if isinstance(value, dict):
            found |= _flatten(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def _differing(settings: list[dict[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for one in settings for name in one)
    columns = {name: [one.get(name) for one in settings] for name in names}
    return {
        name: values
        for name, values in columns.items()
        if len({json.dumps(value) for value in values}) > 1
        and "sha256" not in name
        and "fingerprints" not in name
    }


def _group_by_seed(settings: list[dict[str, Any]]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for position, one in enumerate(settings):
        key = json.dumps({name: value for name, value in one.items() if name != "seed"})
        groups.setdefault(key, []).append(position)
    return list(groups.values())


def _difference_as_dict(found: AccuracyDifference) -> dict[str, Any]:
    return {
        "images": found.images,
        "first_only": found.first_only,
        "second_only": found.second_only,
        "difference": found.difference,
        "interval": list(found.interval),
        "p_value": found.p_value,
        "better": found.better,
    }
