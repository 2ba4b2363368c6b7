#!/usr/bin/env python3
"""Call TensorFlow's functions as `tests/kit/tensorflow_cases.py` does, and write what they return.

Run it where TensorFlow is installed: python scripts/expectations_tensorflow.py
"""

import json
import sys
from pathlib import Path

import tensorflow as tf  # pyright: ignore[reportMissingImports]

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "kit"))

import tensorflow_cases as cases  # noqa: E402 (its folder is added above)

found = {
    group: {name: cases.recorded(call(tf)) for name, call in sorted(getattr(cases, group).items())}
    for group in ("ARRAYS", "DATASETS", "IMAGES")
}
lines = [
    f'  "{group}": {{\n'
    + ",\n".join(f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items())
    + "\n  }"
    for group, values in found.items()
]
target = ROOT / "tests" / "compat" / "tensorflow_functions.json"
target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
