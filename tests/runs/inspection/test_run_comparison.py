"""Comparison of runs on the same images."""

from pathlib import Path

from scallion import files
from scallion.insight import mcnemar
from scallion.runs import RunResult, compare_runs
from stripe_runs import train_stripes


def test_runs_are_compared_on_their_validation_images(
    shared_stripes: Path, finished: RunResult
) -> None:
    other = train_stripes(shared_stripes, seed=7, epochs=6, overrides={"filters": 8})
    compared = compare_runs([finished.run.path, other.run.path])
    assert compared.split == "validation"
    assert compared.accuracies == [finished.validation.accuracy, other.validation.accuracy]
    assert compared.settings == {"seed": [42, 7]}
    assert compared.groups == [[0, 1]]
    found = compared.pairs[0, 1]
    assert found.images == 12
    assert found.p_value == mcnemar(found.first_only, found.second_only)
    assert files.read_json(other.run.evaluation)["test"]["test_evaluations"] == 1


def test_runs_on_other_images_have_no_difference(shared_stripes: Path, finished: RunResult) -> None:
    fewer = train_stripes(shared_stripes, limit=60, epochs=1)
    compared = compare_runs([finished.run.path, fewer.run.path])
    assert compared.pairs == {(0, 1): None}
    assert compared.settings["data.limit"] == [None, 60]
