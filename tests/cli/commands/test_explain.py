"""`scallion explain`: figures that explain a prediction."""

import json
from pathlib import Path

from commands import Command, refused


def test_an_explanation_is_drawn(beside_runs: Command, saved_runs: Path) -> None:
    asked = ("explain", "runs/stripes-1", "photos/first.png", "--out", "explained")
    output = beside_runs(*asked)
    assert output.code == 0
    assert list((saved_runs / "explained").glob("*.png"))
    assert json.loads(beside_runs(*asked, "--engine", "reference", "--json").out)["figures"]


def test_a_model_file_explains_as_its_run_does(beside_runs: Command) -> None:
    for path in ("runs/stripes-1", "runs/stripes-1/model.keras"):
        output = beside_runs("explain", path, "photos/first.png", "--out", "both")
        assert output.code == 0


def test_a_model_file_where_a_run_is_needed_names_the_run(beside_runs: Command) -> None:
    output = beside_runs("diagnose", "runs/stripes-1/model.keras")
    refused(output, "is not a run folder", "name the folder it is in: runs/stripes-1")


def test_an_unknown_layer_suggests_the_nearest(beside_runs: Command) -> None:
    output = beside_runs("explain", "runs/stripes-1", "photos/first.png", "--layer", "conv2")
    refused(output, "there is no such layer", "did you mean 'conv2d'?")
