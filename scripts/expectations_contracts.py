"""Write the values of Keras and scikit-learn that the fast contract suites expect.

Needs keras, torch and scikit-learn: `KERAS_BACKEND=torch python scripts/expectations_contracts.py`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def main() -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    sys.path.insert(0, str(ROOT / "tests" / "kit"))
    import keras
    import sklearn
    from sklearn import metrics as scores

    import loss_cases
    import metric_cases

    def described(cases: Any, room: Any) -> dict[str, Any]:
        found = {}
        for case in cases.CASES:
            keras.utils.clear_session()
            found[case.title] = cases.describe(room, case)
        return {**found, "refused": [cases.refusal(room, *one) for one in cases.REFUSED]}

    source = f"Keras {keras.version()}"
    write("tests/losses/keras_losses.json", source, losses(keras, loss_cases))
    write("tests/metrics/keras_metrics.json", source, described(metric_cases, keras.metrics))
    write(
        "tests/metrics/scikit_learn_scores.json",
        f"scikit-learn {sklearn.__version__}",
        {
            str(seed): metric_cases.scikit_learn_scores(scores, seed)
            for seed in range(metric_cases.SEEDS)
        },
    )


def losses(keras: Any, cases: Any) -> dict[str, Any]:
    """Return value, gradient and config of each loss."""
    import torch

    found: dict[str, Any] = {}
    for case in cases.CASES:
        loss = getattr(keras.losses, case.name)(**case.arguments)
        targets, outputs, weights = cases.data(case)
        tensor = torch.tensor(outputs, requires_grad=True)
        value = loss(targets, tensor, sample_weight=weights)
        value.backward()
        found[case.title] = {
            "value": float(value.detach()),
            "gradient": tensor.grad.numpy().round(9).tolist(),
            "config": loss.get_config(),
            "serialized": keras.losses.serialize(loss),
        }
    return {**found, "refused": [cases.refusal(keras.losses, *one) for one in cases.REFUSED]}


def write(name: str, source: str, found: dict[str, Any]) -> None:
    """Write one line per case, so that a diff shows what changed."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items()]
    made_by = json.dumps(f"{source}, scripts/{Path(__file__).name}")
    body = ",\n".join([f'"source": {made_by}', *lines])
    (ROOT / name).write_text(f"{{\n{body}\n}}\n", encoding="utf-8")
    print(f"{len(found)} entries in {name}")


if __name__ == "__main__":
    main()
