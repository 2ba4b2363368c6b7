"""`scallion predict`: classification of images."""

import csv
import io
import json

import pytest

from commands import Command


def test_predictions_are_one_line_per_image(beside_runs: Command) -> None:
    output = beside_runs("predict", "runs/stripes-1", "photos")
    assert output.code == 0
    assert "first.png" in output.out
    assert "second.png" in output.out


def test_predictions_as_csv_and_json_agree(beside_runs: Command) -> None:
    asked = ("predict", "runs/stripes-1/model.keras", "photos", "images.npy", "--top", 2)
    rows = list(csv.DictReader(io.StringIO(beside_runs(*asked, "--csv").out)))
    found = json.loads(beside_runs(*asked, "--json").out)["images"]
    assert [row["image"] for row in rows] == [one["image"] for one in found]
    assert sorted(row["image"] for row in rows) == [
        *(f"images.npy[{number}]" for number in range(5)),
        "photos/first.png",
        "photos/more/second.png",
    ]
    assert [row["class_2"] for row in rows] == [one["top"][1]["name"] for one in found]
    assert [float(row["probability"]) for row in rows] == [one["probability"] for one in found]


def test_predictions_of_both_engines_agree(beside_runs: Command) -> None:
    found = [
        json.loads(
            beside_runs("predict", "runs/stripes-1", "photos", "--engine", name, "--json").out
        )
        for name in ("auto", "reference")
    ]
    probabilities = [[one["probability"] for one in each["images"]] for each in found]
    assert probabilities[0] == pytest.approx(probabilities[1], abs=1e-5)
