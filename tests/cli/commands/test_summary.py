"""`scallion summary`: the layers of a network."""

import json

import pytest

from commands import Command, refused


# The seed lesson's first two layers, and its totals.
def test_the_classic_summary_is_that_of_keras_2(run: Command) -> None:
    output = run(*("summary", "--model", "lesson-deep", "--input", "32x32x3", "--style", "classic"))
    assert output.code == 0
    lines = output.out.splitlines()
    assert "max_pooling2d_1 (MaxPooling2 (None, 6, 6, 32)          0" in lines
    assert "Total params: 36,138" in lines


def test_a_summary_as_json_has_the_same_counts(run: Command) -> None:
    figures = json.loads(run("summary", "--model", "lesson", "--input", "32x32x3", "--json").out)
    assert figures["parameters"] == 47370
    assert sum(layer["parameters"] for layer in figures["layers"]) == 47370
    assert figures["layers"][1]["arithmetic"] == "3*3*3*32 + 32 = 896"
    assert figures["layers"][1]["output_shape"] == [None, 30, 30, 32]


@pytest.mark.parametrize("text", ["32", "0x3x3", "axbxc", "32x32x3x3", ""])
def test_an_invalid_image_shape_is_refused(run: Command, text: str) -> None:
    refused(run("summary", "--input", text), "height x width x channels", "--input 32x32x3")


def test_an_unknown_style_suggests_the_nearest(run: Command) -> None:
    refused(run("summary", "--style", "clasic"), "unknown style", "did you mean 'classic'?")
