#!/usr/bin/env python3
"""Write what Keras prints as summaries into tests/graph/keras_summaries.

KERAS_BACKEND=torch COLUMNS=80 python scripts/expectations_summary.py
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ["COLUMNS"] = "80"

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "graph" / "keras_summaries"
sys.path.insert(0, str(ROOT / "tests" / "kit"))


def main() -> None:
    import keras

    import summaries

    FOLDER.mkdir(exist_ok=True)
    for network, option in summaries.combinations():
        keras.utils.clear_session()
        model = summaries.NETWORKS[network](keras)
        path = FOLDER / f"{network}-{option}.txt"
        path.write_text(summaries.text(model, **summaries.OPTIONS[option]), encoding="utf-8")
    print(f"{len(list(FOLDER.iterdir()))} summaries of Keras {keras.__version__} in {FOLDER}")


if __name__ == "__main__":
    main()
