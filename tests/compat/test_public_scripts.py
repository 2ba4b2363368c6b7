"""Scripts as users write them run as on Keras: the same printed lines, shapes, counts and losses.

`scripts/expectations_scripts.py` runs them on Keras and writes `public_scripts.json`.
"""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from public_scripts import SCRIPTS, make_photos, run_recorded
from scallion.compat.script_runner import run_script

WANTED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "public_scripts.json").read_text(encoding="utf-8")
)
NEEDS = {
    "sklearn": ("confusion_matrix_sklearn",),
    "pandas": ("cifar_course_sequential", "image_data_generator_dataframe"),
}
# Scripts that Scallion cannot run yet, with the reason.
NOT_YET = {
    "custom_metric_class": "Keras' history lists metrics of an earlier compile",
}

pytestmark = pytest.mark.filterwarnings("ignore")  # as Python's default, which prints them


def test_every_script_has_an_expectation_from_keras() -> None:
    assert sorted(WANTED) == sorted(path.stem for path in SCRIPTS.glob("*.py"))
    assert len(WANTED) >= 36


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xfail(reason=NOT_YET[name], strict=True))
        if name in NOT_YET
        else name
        for name in WANTED
    ],
)
def test_a_public_script_gives_what_it_gives_on_keras(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, scripts in NEEDS.items():
        if name in scripts and find_spec(module) is None:
            pytest.skip(f"needs {module}")
    make_photos(tmp_path)
    monkeypatch.chdir(tmp_path)
    script = SCRIPTS / f"{name}.py"
    wanted = WANTED[name]
    found = json.loads(json.dumps(run_recorded(script, lambda: run_script(script, []))))
    for variable, numbers in wanted["exact"].items():
        most = max(map(abs, numbers))
        np.testing.assert_allclose(
            found["exact"][variable], numbers, atol=1e-5 * max(most, 1e-3), rtol=0, err_msg=variable
        )
    assert found["printed"] == wanted["printed"]
    assert found["variables"] == wanted["variables"]
