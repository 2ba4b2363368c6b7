"""Write tests/layers/keras_layers.json: Keras' values for the layers in tests/kit/layer_cases.py.

Needs keras and torch: `KERAS_BACKEND=torch python scripts/expectations_layers.py`.
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    sys.path.insert(0, str(ROOT / "tests" / "kit"))
    import keras

    from layer_cases import CASES, describe

    lines = [
        f"{json.dumps(one.title)}: {json.dumps(describe(keras, one), sort_keys=True)}"
        for one in CASES
    ]
    path = ROOT / "tests" / "layers" / "keras_layers.json"
    body = ",\n".join(lines)
    source = json.dumps(f"Keras {keras.version()}, scripts/expectations_layers.py")
    path.write_text(f'{{\n"source": {source},\n{body}\n}}\n', encoding="utf-8")
    print(f"{len(CASES)} layers in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
