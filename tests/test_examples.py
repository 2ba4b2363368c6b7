"""The scripts in `examples/` run unchanged, on small generated data."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from generated_cifar import GeneratedCifar
from scallion import study
from scallion.datasets import cifar10, fashion_mnist, mnist

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_the_lessons_script_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("pandas")
    archive = GeneratedCifar(cifar10, {"labels": 10})
    archive.pack()
    monkeypatch.setattr(cifar10, "SOURCE", archive.source())
    monkeypatch.setenv("SCALLION_CACHE", str(tmp_path))
    place = tmp_path / "datasets" / cifar10.SOURCE.archive
    place.parent.mkdir()
    place.write_bytes(archive.archive)

    scope = runpy.run_path(str(EXAMPLES / "networks_are_like_onions.py"))

    assert scope["model"].count_params() == 36138
    history = scope["history"].history
    assert list(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(len(values) == 10 for values in history.values())
    printed = capsys.readouterr().out
    assert "Total params: 36,138 (141.16 KB)" in printed
    assert "Epoch 10/10" in printed


def test_the_first_exercise_runs_on_both_data_sets(monkeypatch, capsys):
    random = np.random.default_rng(0)
    some = [
        (random.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count) % 10)
        for count in (200, 50)
    ]
    for dataset in (mnist, fashion_mnist):
        monkeypatch.setattr(dataset, "load_data", lambda: some)

    scope = runpy.run_path(str(EXAMPLES / "onions_exercise_1.py"))

    assert scope["model"].count_params() == 28394  # 320 + 2*9248 + 288*32 + 32 + 330
    printed = capsys.readouterr().out
    assert "scallion.datasets.mnist [" in printed
    assert "scallion.datasets.fashion_mnist [" in printed


def test_the_study_file_is_valid():
    found = study.find(EXAMPLES / "dropout.toml").study
    assert len(study.make_trials(found)) == 9
