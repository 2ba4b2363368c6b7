"""Evaluation of a run on its own splits and on other images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import files
from scallion.errors import DataError, StateError, UnknownNameError
from scallion.runs import RunResult, evaluate_run
from stripe_runs import train_stripes
from stripes import save_stripes


def test_an_evaluation_agrees_with_the_training(finished: RunResult) -> None:
    found = evaluate_run(finished.run.path, split="validation")
    assert found.scores.accuracy == finished.validation.accuracy
    assert found.test_evaluations is None
    assert found.scores.confusion.sum() == 12
    assert 0 <= found.linear_accuracy <= 1


def test_evaluations_of_the_test_images_are_counted(shared_stripes: Path) -> None:
    run = train_stripes(shared_stripes, out=shared_stripes.parent / "looked", epochs=1).run
    assert files.read_json(run.evaluation)["test"]["test_evaluations"] == 1
    found = evaluate_run(run.path)
    assert (found.images, found.test_evaluations) == ("test", 2)
    evaluate_run(run.path, split="validation")
    kept = files.read_json(run.evaluation)
    assert kept["test"]["test_evaluations"] == 2
    assert kept["test"]["scores"]["accuracy"] == kept["test"]["accuracy"]
    assert kept["status"] == "finished"


def test_other_images_are_evaluated(
    finished: RunResult, pixels: dict[str, np.ndarray], tmp_path: Path
) -> None:
    other = tmp_path / "other.npz"
    np.savez(other, x_train=pixels["x_test"], y_train=pixels["y_test"])
    found = evaluate_run(finished.run.path, str(other))
    assert found.scores.accuracy == finished.test.accuracy
    assert (found.images, found.test_evaluations) == (str(other), None)


def test_a_folder_is_evaluated_by_class_names(
    finished: RunResult, pixels: dict[str, np.ndarray], tmp_path: Path
) -> None:
    for number, (image, label) in enumerate(zip(pixels["x_test"], pixels["y_test"], strict=True)):
        if label:  # a folder may lack a class
            place = tmp_path / "cells" / str(label)
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(place / f"{number}.png")
    found = evaluate_run(finished.run.path, str(tmp_path / "cells"))
    assert found.scores.per_class.support.tolist() == [0, 10, 10]
    (tmp_path / "cells" / "1").rename(tmp_path / "cells" / "horse")
    with pytest.raises(DataError, match="does not know the class 'horse'"):
        evaluate_run(finished.run.path, str(tmp_path / "cells"))


def test_changed_images_are_not_evaluated(
    shared_stripes: Path, pixels: dict[str, np.ndarray], tmp_path: Path
) -> None:
    own = save_stripes(tmp_path)
    run = train_stripes(own, epochs=1).run
    np.savez(own, **{**pixels, "y_test": pixels["y_test"][::-1]})
    with pytest.raises(StateError, match="the test images have changed since it was trained"):
        evaluate_run(run.path)
    assert evaluate_run(run.path, split="validation").scores.images == 12


def test_an_unknown_split_suggests_the_nearest(finished: RunResult) -> None:
    with pytest.raises(UnknownNameError, match="unknown split") as caught:
        evaluate_run(finished.run.path, split="tset")
    assert "did you mean 'test'" in caught.value.hint
