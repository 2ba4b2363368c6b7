"""Numbers on the page are those that the commands print."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from scallion import workbench
from scallion.text_format import percent

FORMAT = Path(workbench.__file__).parent / "page" / "app" / "format.js"
PROGRAM = """
import { readFileSync, writeFileSync } from "node:fs";
import { percent } from "./format.mjs";
const values = JSON.parse(readFileSync("values.json"));
writeFileSync("texts.json", JSON.stringify(values.map((value) => percent(value))));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js")
def test_percentages_are_those_of_the_commands(tmp_path: Path) -> None:
    values = [count / 10_000 for count in range(10_001)]
    values += [0.99999, *np.random.default_rng(0).uniform(0, 1, 1000)]
    shutil.copy(FORMAT, tmp_path / "format.mjs")
    (tmp_path / "program.mjs").write_text(PROGRAM)
    (tmp_path / "values.json").write_text(json.dumps(values))
    subprocess.run(["node", "program.mjs"], cwd=tmp_path, check=True)
    texts = json.loads((tmp_path / "texts.json").read_text())
    assert texts == [percent(value).replace(" ", "\u00a0") for value in values]
