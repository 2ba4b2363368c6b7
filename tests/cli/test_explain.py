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


def test_an_unknown_layer_suggests_the_nearest(beside_runs: Command) -> None:
    output = beside_runs("explain", "runs/stripes-1", "photos/first.png", "--layer", "conv2")
    refused(output, "there is no such layer", "did you mean 'conv2d'?")
