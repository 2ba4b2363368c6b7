"""What the file of a model says about it."""

import json
import zipfile
from pathlib import Path

import numpy as np

import scallion
from scallion import files
from scallion.models.files.model_reader import verify
from scallion.runs import RunResult, Settings, prepare, train


def test_a_model_file_describes_the_model(finished: RunResult) -> None:
    with zipfile.ZipFile(finished.run.model) as archive:
        own = json.loads(archive.read("scallion.json"))
    about = own["metadata"]
    assert about["class_names"] == ["0", "1", "2"]
    assert about["preprocessing"] == {"scale": 1 / 255}
    assert about["input"] == {"shape": [8, 8, 1], "dtype": "uint8", "range": [0, 255]}
    fingerprints = files.read_json(finished.run.config)["splits"]["fingerprints"]
    assert about["data"]["splits"]["fingerprints"] == fingerprints
    assert np.shape(own["verification"]["outputs"]) == (4, 3)


def test_a_model_file_is_verified(finished: RunResult) -> None:
    assert verify(finished.run.model).is_identical


def test_changed_outputs_are_detected(finished: RunResult, tmp_path: Path) -> None:
    changed = tmp_path / "changed.keras"
    with zipfile.ZipFile(finished.run.model) as archive, zipfile.ZipFile(changed, "w") as other:
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


def test_saving_again_keeps_the_metadata(finished: RunResult, tmp_path: Path) -> None:
    scallion.models.load_model(finished.run.model).save(tmp_path / "again.keras")
    assert verify(tmp_path / "again.keras").is_identical
    assert scallion.load(tmp_path / "again.keras").class_names == ("0", "1", "2")


def test_enough_validation_images_give_thresholds(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (300, 8, 8, 1), np.uint8), np.arange(300) % 3
    x[y == 1] //= 2
    x[y == 2] //= 4
    settings = Settings((x, y), epochs=2, out=tmp_path, overrides={"filters": 4})
    run = train(prepare(settings)).run
    classifier = scallion.load(run.path)
    stored = classifier.model.metadata["abstention"]
    assert stored["version"] == 1
    assert stored["coverage"] >= 0.5
    assert classifier.threshold == stored["probability"]
    answers = classifier.classify_all(x)
    assert [one.is_not_sure for one in answers] == [
        one.probability < classifier.threshold for one in answers
    ]
