"""A folder for PyTorch: the network as source, its weights, a program and what describes them."""

import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from scallion import files
from scallion.errors import FileError
from scallion.export import runtimes
from scallion.export.description import ExportDescription
from scallion.export.torch import safetensors
from scallion.export.torch.module_source import write_module
from scallion.export.verification import (
    NOT_VERIFIED,
    Arrays,
    Verification,
    adds_softmax,
    make_check_images,
)
from scallion.files import StrPath
from scallion.models import Model
from scallion.models.files.verification import VerificationResult
from scallion.temporary_files import working_folder

EXPORT = "export.json"
HOW = "pip install torch numpy pillow, then: python FOLDER/predict.py --verify"

_README = """# {network}, for PyTorch

```
pip install torch numpy pillow
python predict.py IMAGES...     # a CSV table: image, class, probability
python predict.py --verify      # are the outputs those of where it was exported?
```

- `model.py`: the network as a `torch.nn.Module`. Its input is (N, height, width, channels).
- `model.safetensors`: its weights. `predict.load()` reads both.
- `export.json`: class names, preprocessing, a fingerprint, and the outputs for the four synthetic
  images in `check_images.safetensors`.

Classes, in the order of the output:

    {classes}

Preprocessing: {preprocessing}

Exported by Scallion {version}; {verified}.
"""


@dataclass(frozen=True, slots=True)
class TorchOptions:
    """This export has no choices."""


class TorchDraft:
    """A folder for PyTorch before it is written."""

    note = ""

    def __init__(self, model: Model, options: TorchOptions) -> None:
        self.description = ExportDescription.of(model)
        self.verification = Verification.of(model, self.description)
        self.module = write_module(model.graph, adds_softmax=adds_softmax(model, self.description))

    def encode(self, verified_with: str | None) -> dict[str, bytes]:
        """Return the files of the folder by name."""
        described = self.description
        images = make_check_images(described.input_shapes, described.pixel_range)
        computes = {
            "model.py": self.module.source.encode(),
            "model.safetensors": safetensors.encode(self.module.weights),
            "check_images.safetensors": safetensors.encode(
                {f"input_{number:03}": array for number, array in enumerate(images)}
            ),
        }
        content = "".join(hashlib.sha256(one).hexdigest() for one in computes.values())
        export = {
            "description": described.as_dict(),
            "verification": self.verification.as_dict(described, content),
            "verified": verified_with or NOT_VERIFIED,
            "how_to_verify": HOW,
        }
        readme = _README.format(
            network=described.network,
            classes=json.dumps(list(described.class_names), ensure_ascii=False),
            preprocessing=(described.preprocessing or {}).get("in_words", "none"),
            version=described.scallion_version,
            verified=f"verified with {verified_with}" if verified_with else NOT_VERIFIED,
        )
        program = resources.files("scallion.export.torch").joinpath("predict.txt").read_bytes()
        return {
            **computes,
            "predict.py": program,
            "README.md": readme.encode(),
            EXPORT: files.encode_json(export),
        }

    def outputs(self) -> Arrays:
        """Return the outputs for the check images that `predict.py --verify` prints."""
        with working_folder() as folder:
            for file, content in self.encode(None).items():
                (folder / file).write_bytes(content)
            printed = runtimes.run_python(["predict.py", "--verify"], folder, accepts=(0, 1))
        return [np.array(one, np.float32) for one in json.loads(printed)["outputs"]]


def runtime() -> str | None:
    """Return PyTorch and its version if it is installed."""
    return runtimes.installed("torch")


def is_torch_export(path: StrPath) -> bool:
    """Return whether a path is such a folder."""
    return all((Path(path) / name).is_file() for name in (EXPORT, "model.safetensors"))


def verify(path: Path) -> VerificationResult:
    """Refuse: only the folder's own program can verify it, and whoever runs that must trust it."""
    raise FileError(
        "a folder for PyTorch is verified by its own program",
        hint=f"python {path / 'predict.py'} --verify, if you trust where the folder is from",
    )
