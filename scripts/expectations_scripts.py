#!/usr/bin/env python3
"""Write tests/compat/public_scripts.json: what the scripts beside it give on Keras itself.

Needs tensorflow, pandas, scikit-learn and matplotlib, and Scallion's source for its data sets:
`PYTHONPATH=src python scripts/expectations_scripts.py [NAME...]`.
"""

import json
import os
import runpy
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "kit"))
TARGET = ROOT / "tests" / "compat" / "public_scripts.json"

from public_scripts import SCRIPTS, make_photos, run_recorded  # noqa: E402


def run_on_keras(name: str) -> dict[str, Any]:
    """Run one script on Keras in a new folder, and return its summary."""
    import keras

    keras.backend.clear_session()
    script = SCRIPTS / f"{name}.py"
    with tempfile.TemporaryDirectory() as folder:
        make_photos(Path(folder))
        os.chdir(folder)
        try:
            return run_recorded(script, lambda: runpy.run_path(str(script), run_name="__main__"))
        finally:
            os.chdir(ROOT)


def write(stored: dict[str, Any]) -> None:
    kept = {path.stem for path in SCRIPTS.glob("*.py")}
    ordered = {name: stored[name] for name in sorted(stored) if name in kept}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in ordered.items())
    TARGET.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def main() -> None:
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "MPLBACKEND": "agg"}
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # its fusions fail for some pairs of layers
    import keras

    import scallion.datasets

    for one in ("mnist", "fashion_mnist"):
        getattr(keras.datasets, one).load_data = getattr(scallion.datasets, one).load_data
    stored: dict[str, Any] = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for name in sys.argv[1:] or sorted(path.stem for path in SCRIPTS.glob("*.py")):
        try:
            stored[name] = run_on_keras(name)
        except Exception:  # the other scripts run all the same
            traceback.print_exc()
            print(f"{name}: failed on Keras", file=sys.stderr)
            continue
        write(stored)
        print(f"{name}: {len(stored[name]['printed'])} lines", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
