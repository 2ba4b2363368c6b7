"""docs/differences.md is up to date for the installed Keras."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

ROOT = Path(__file__).parents[2]


def test_the_page_of_keras_names_is_up_to_date() -> None:
    page = ROOT / "docs" / "differences.md"
    version = f"Keras {keras.version()}:"
    if version not in page.read_text(encoding="utf-8"):
        pytest.skip(f"the page is about another Keras than {keras.version()}")
    script = ROOT / "scripts" / "differences.py"
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    done = subprocess.run([sys.executable, str(script), "--check"], env=environment)
    assert done.returncode == 0, "KERAS_BACKEND=torch python scripts/differences.py"
