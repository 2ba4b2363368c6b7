"""Write tests/keras_activations.json: Keras' values and derivatives of our activations.

Needs keras and torch: `KERAS_BACKEND=torch python scripts/expectations_activations.py`.
"""

import json
import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
POINTS = [-9.0, -3.0, -2.5, -1.0, -0.25, 0.0, 0.25, 1.0, 2.5, 3.0, 6.0, 30.0]
NAMES = [
    "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "leaky_relu", "linear",
    "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus",
    "softsign", "tanh",
]  # fmt: skip


def main() -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    import torch

    lines = [f'"source": "Keras {keras.version()}, scripts/expectations_activations.py"']
    lines.append(f'"points": {POINTS}')
    for name in NAMES:
        x = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
        y = keras.activations.get(name)(x)
        # Different upstream gradients, so that activations that normalize (softmax) are tested too.
        (y * torch.arange(1.0, len(POINTS) + 1)).sum().backward()
        found = {"y": y.detach().tolist(), "dx": x.grad.tolist()}
        lines.append(f'"{name}": {json.dumps(found)}')
    path = ROOT / "tests" / "keras_activations.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{len(NAMES)} activations in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
