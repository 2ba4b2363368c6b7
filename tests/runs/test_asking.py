"""A run that is over: it is evaluated, asked, compared, verified, listed and removed."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import scallion
from scallion import files
from scallion.errors import DataError, MissingFileError, StateError, UnknownNameError
from scallion.insight import mcnemar
from scallion.models.loading import verify
from scallion.runs import (
    Classifier,
    RunFolder,
    RunResult,
    Settings,
    compare_runs,
    create_run_folder,
    evaluate_run,
    list_runs,
    prepare,
    remove_run,
    train,
)
from scallion.runs.folder import lock
from stripes import save_stripes


@pytest.fixture(scope="module")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_stripes(tmp_path_factory.mktemp("stripes"))


def trained(data: Path, home: str = "runs", **settings: object) -> RunResult:
    arguments = {"epochs": 6, "batch_size": 16, "out": data.parent / home}
    overrides = {"filters": 8}
    return train(prepare(Settings(str(data), overrides=overrides, **{**arguments, **settings})))


@pytest.fixture(scope="module")
def outcome(stripes: Path) -> RunResult:
    """A finished run; tests that count looks make one of their own."""
    return trained(stripes)


@pytest.fixture(scope="module")
def pixels(stripes: Path) -> dict[str, np.ndarray]:
    with np.load(stripes) as data:
        return dict(data)


def test_the_evaluation_agrees_with_the_training(outcome: RunResult) -> None:
    found = evaluate_run(outcome.run.path, split="validation")
    assert found.scores.accuracy == outcome.validation.accuracy
    assert found.test_evaluations is None
    assert found.scores.confusion.sum() == 12
    assert 0 <= found.linear_accuracy <= 1


def test_each_look_at_the_test_images_is_counted(stripes: Path) -> None:
    run = trained(stripes, "looked", epochs=1).run
    assert files.read_json(run.evaluation)["test"]["test_evaluations"] == 1
    found = evaluate_run(run.path)
    assert (found.images, found.test_evaluations) == ("test", 2)
    evaluate_run(run.path, split="validation")
    kept = files.read_json(run.evaluation)
    assert kept["test"]["test_evaluations"] == 2
    assert kept["test"]["scores"]["accuracy"] == kept["test"]["accuracy"]
    assert kept["status"] == "finished"


def test_other_images_are_evaluated_too(
    outcome: RunResult, pixels: dict[str, np.ndarray], tmp_path: Path
) -> None:
    other = tmp_path / "other.npz"
    np.savez(other, x_train=pixels["x_test"], y_train=pixels["y_test"])
    found = evaluate_run(outcome.run.path, str(other))
    assert found.scores.accuracy == outcome.test.accuracy
    assert (found.images, found.test_evaluations) == (str(other), None)


def test_a_folder_is_evaluated_by_the_names_of_its_classes(
    outcome: RunResult, pixels: dict[str, np.ndarray], tmp_path: Path
) -> None:
    for number, (image, label) in enumerate(zip(pixels["x_test"], pixels["y_test"], strict=True)):
        if label:  # a folder may lack a class
            place = tmp_path / "cells" / str(label)
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(place / f"{number}.png")
    found = evaluate_run(outcome.run.path, str(tmp_path / "cells"))
    assert found.scores.per_class.support.tolist() == [0, 10, 10]
    (tmp_path / "cells" / "1").rename(tmp_path / "cells" / "horse")
    with pytest.raises(DataError, match="does not know the class 'horse'"):
        evaluate_run(outcome.run.path, str(tmp_path / "cells"))


def test_images_that_have_changed_are_not_evaluated(
    stripes: Path, pixels: dict[str, np.ndarray], tmp_path: Path
) -> None:
    own = save_stripes(tmp_path)
    run = trained(own, epochs=1).run
    np.savez(own, **{**pixels, "y_test": pixels["y_test"][::-1]})
    with pytest.raises(StateError, match="the test images have changed since it was trained"):
        evaluate_run(run.path)
    assert evaluate_run(run.path, split="validation").scores.images == 12


def test_a_split_that_is_none_is_answered_with_the_nearest(outcome: RunResult) -> None:
    with pytest.raises(UnknownNameError, match="unknown split") as caught:
        evaluate_run(outcome.run.path, split="tset")
    assert "did you mean 'test'" in caught.value.hint


def test_an_image_is_named(outcome: RunResult, pixels: dict[str, np.ndarray]) -> None:
    model = scallion.load(outcome.run.path)
    answers = model.classify(pixels["x_test"][:3], top=2)
    assert [len(answer.top) for answer in answers] == [2, 2, 2]
    named = [answer.name for answer in model.classify(pixels["x_test"], top=3)]
    right = np.array(named) == pixels["y_test"].astype(str)
    assert right.mean() == outcome.test.accuracy
    one = model.classify(pixels["x_test"][0], top=3)
    assert sum(guess.probability for guess in one.top) == pytest.approx(1)
    assert one.name == answers[0].name


def test_files_pillow_images_and_arrays_are_the_same_to_it(
    outcome: RunResult, pixels: dict[str, np.ndarray], tmp_path: Path
) -> None:
    image = pixels["x_test"][4]
    Image.fromarray(image).save(tmp_path / "four.png")
    model = Classifier.load(outcome.run.model)
    forms = (image, image[..., None], Image.fromarray(image), tmp_path / "four.png")
    assert len({model.classify(form) for form in forms}) == 1


def test_pixels_of_another_range_are_refused(
    outcome: RunResult, pixels: dict[str, np.ndarray]
) -> None:
    with pytest.raises(DataError, match="takes pixels from 0 to 255") as caught:
        scallion.load(outcome.run.path).classify(pixels["x_test"][0] / 255)
    assert caught.value.hint == "multiply them: images * 255"


def test_what_is_no_image_is_refused(outcome: RunResult, tmp_path: Path) -> None:
    model = scallion.load(outcome.run.path)
    with pytest.raises(DataError, match="a path, a Pillow image or an array"):
        model.classify(7)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(OSError, match=r"text\.png"):
        model.classify(tmp_path / "text.png")


def test_a_model_that_names_no_classes_cannot_be_asked(tmp_path: Path) -> None:
    from scallion.models import model_registry

    model_registry.find("quick").architecture.build((8, 8, 1), 3).save(tmp_path / "plain.keras")
    with pytest.raises(StateError, match="does not name its classes"):
        scallion.load(tmp_path / "plain.keras")
    with pytest.raises(StateError, match="contains no outputs to verify"):
        verify(tmp_path / "plain.keras")


def test_the_file_says_what_it_is(outcome: RunResult) -> None:
    with zipfile.ZipFile(outcome.run.model) as archive:
        own = json.loads(archive.read("scallion.json"))
    about = own["model_card"]
    assert about["class_names"] == ["0", "1", "2"]
    assert about["preprocessing"] == {"scale": 1 / 255}
    assert about["input"] == {"shape": [8, 8, 1], "dtype": "uint8", "range": [0, 255]}
    fingerprints = files.read_json(outcome.run.config)["splits"]["fingerprints"]
    assert about["data"]["splits"]["fingerprints"] == fingerprints
    assert np.shape(own["verification"]["outputs"]) == (4, 3)


def test_a_model_answers_as_where_it_was_saved(outcome: RunResult) -> None:
    assert verify(outcome.run.model).is_identical


def test_changed_weights_are_found_out(outcome: RunResult, tmp_path: Path) -> None:
    changed = tmp_path / "changed.keras"
    with zipfile.ZipFile(outcome.run.model) as archive, zipfile.ZipFile(changed, "w") as other:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "scallion.json":
                own = json.loads(content)
                own["verification"]["outputs"][0][0] += 0.1
                content = json.dumps(own).encode()
            other.writestr(name, content)
    verdict = verify(changed)
    assert not verdict.is_verified
    assert verdict.difference > 1e-3


def test_what_a_file_says_of_itself_is_kept_when_it_is_saved_again(
    outcome: RunResult, tmp_path: Path
) -> None:
    scallion.models.load_model(outcome.run.model).save(tmp_path / "again.keras")
    assert verify(tmp_path / "again.keras").is_identical
    assert scallion.load(tmp_path / "again.keras").class_names == ("0", "1", "2")


def test_runs_are_compared_on_the_same_validation_images(stripes: Path, outcome: RunResult) -> None:
    other = trained(stripes, seed=7)
    compared = compare_runs([outcome.run.path, other.run.path])
    assert compared.split == "validation"
    assert compared.accuracies == [outcome.validation.accuracy, other.validation.accuracy]
    assert compared.settings == {"seed": [42, 7]}
    assert compared.groups == [[0, 1]]
    found = compared.pairs[0, 1]
    assert found.images == 12
    assert found.p_value == mcnemar(found.first_only, found.second_only)
    assert files.read_json(other.run.evaluation)["test"]["test_evaluations"] == 1


def test_runs_on_other_images_are_not_tested_against_each_other(
    stripes: Path, outcome: RunResult
) -> None:
    fewer = trained(stripes, limit=60, epochs=1)
    compared = compare_runs([outcome.run.path, fewer.run.path])
    assert compared.pairs == {(0, 1): None}
    assert compared.settings["data.limit"] == [None, 60]


def test_runs_are_listed_sorted_and_filtered(stripes: Path) -> None:
    short = trained(stripes, "listed", epochs=1).run
    begun = create_run_folder(
        prepare(Settings(str(stripes), "quick", out=stripes.parent / "listed"))
    )
    home = short.path.parent
    runs = {Path(run.run).name: run for run in list_runs(home)}
    assert runs["stripes-1"].status == "finished"
    assert (runs["stripes-1"].epochs, runs["stripes-1"].test_evaluations) == (1, 1)
    assert runs["stripes-2"].status == "stopped"
    assert [run.run for run in list_runs(home, status="stopped")] == [str(begun.path)]
    assert list_runs(home, sort="accuracy")[0].run == str(short.path)
    assert list_runs(home, model="lesson") == []
    with lock.training_lock(begun):
        assert list_runs(home, status="running")[0].run == str(begun.path)
        with pytest.raises(StateError, match="is being trained"):
            remove_run(begun.path)
    begun.config.write_text("{")
    assert list_runs(home, status="unreadable")[0].run == str(begun.path)


def test_a_run_is_removed_and_nothing_else(tmp_path: Path) -> None:
    runs = [RunFolder.create(tmp_path, "mnist", {"config.json": {}}) for _ in range(2)]
    remove_run(runs[0].path)
    assert [path.name for path in tmp_path.iterdir()] == ["mnist-2"]
    (tmp_path / "mine").mkdir()
    with pytest.raises(MissingFileError, match="is not a run folder"):
        remove_run(tmp_path / "mine")
