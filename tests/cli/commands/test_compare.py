"""`scallion compare`: differences of runs."""

import json
from pathlib import Path

from PIL import Image

from commands import Command


def test_a_comparison_prints_differences_and_significance(
    beside_runs: Command, saved_runs: Path
) -> None:
    output = beside_runs("compare", "runs/stripes-1", "runs/stripes-2", "--picture", "curves.png")
    assert output.code == 0
    assert "seed" in output.out
    assert "no difference that these data can show" in output.out
    assert "differ in the seed only" in output.out
    with Image.open(saved_runs / "curves.png") as image:
        assert image.info["Description"].startswith("Validation loss")
    assert json.loads(beside_runs("compare", "runs/stripes-1", "runs/stripes-2", "--json").out)[
        "pairs"
    ]
