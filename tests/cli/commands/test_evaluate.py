"""`scallion evaluate`: scores and figures of a run."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from commands import Command


def test_an_evaluation_prints_scores_and_baselines(beside_runs: Command) -> None:
    output = beside_runs("evaluate", "runs/stripes-1")
    assert output.code == 0
    assert "of 30 test images correct (95 % interval " in output.out
    assert "(always the most frequent class)" in output.out
    assert "(a linear model on the pixels)" in output.out
    assert "evaluated twice" in output.out
    assert "calibration error" in output.out
    assert "\x1b" not in output.out


def test_an_evaluation_as_json_has_all_scores(beside_runs: Command) -> None:
    scores = json.loads(
        beside_runs("evaluate", "runs/stripes-1", "--split", "validation", "--json").out
    )
    assert scores["test_evaluations"] is None
    assert np.shape(scores["confusion"]) == (3, 3)
    assert set(scores["per_class"]) == {"precision", "recall", "f1", "support", "roc_auc"}


def test_an_evaluation_draws_figures_and_names_them(beside_runs: Command, saved_runs: Path) -> None:
    output = beside_runs("evaluate", "runs/stripes-1", "--split", "validation")
    drawn = saved_runs / "runs" / "stripes-1" / "evaluation" / "validation"
    names = sorted(path.name for path in drawn.iterdir())
    assert {"confusion.png", "confusion-normalized.png", "reliability.png"} <= set(names)
    assert "runs/stripes-1/evaluation/validation: confusion.png" in output.out
    asked = ("evaluate", "runs/stripes-1", "stripes.npz", "--json")
    figures = json.loads(beside_runs(*asked, "--out", "drawn").out)["figures"]
    assert figures[0] == "drawn/confusion.png"
    with Image.open(saved_runs / figures[0]) as image:
        assert image.format == "PNG"
    assert json.loads(beside_runs(*asked, "--no-pictures").out)["figures"] == []


def test_evaluations_by_other_runs_are_said(beside_runs: Command) -> None:
    output = beside_runs("evaluate", "runs/stripes-1", "--no-pictures")
    text = " ".join(output.out.split())
    assert "Other runs in runs were evaluated on the same test images, " in text
    found = json.loads(beside_runs("evaluate", "runs/stripes-2", "--no-pictures", "--json").out)
    assert found["other_test_evaluations"] >= 2
    validation = beside_runs("evaluate", "runs/stripes-1", "--split", "validation").out
    assert "Other runs" not in validation
