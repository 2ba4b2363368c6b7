"""What is computed for the page in a process of its own: `python -m scallion.workbench.tasks`.

Requests are lines of JSON on standard input, replies are lines of JSON on standard output. Images
from strangers are decoded here, where the memory is limited and a crash ends nothing else.
"""

import base64
import io
import json
import os
import sys
import traceback
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scallion import datasets, export, report, runs, session
from scallion.errors import ArgumentError, FileError, ScallionError
from scallion.files import encode_json
from scallion.images import ResizeRule
from scallion.images.reading import scanning
from scallion.runs.inspection import explanation
from scallion.runs.training.forecast import forecast

_MAX_MISTAKES = 24
_MAX_CLASSES, _MAX_EXAMPLES = 20, 6  # of data that the page shows
_EXAMPLE = ResizeRule(64, 64, 3, "crop")
_HEAT = np.array([255.0, 120.0, 0.0])  # a colour that is seen on grey with any colour vision
_MAX_SIDE = 224  # pixels of an image that the page shows
_classifiers: dict[str, tuple[tuple[int, int], runs.Classifier]] = {}


def forecast_training(settings: dict[str, Any], minutes: float | None) -> dict[str, Any]:
    """Return the expected time and memory of a training, and what it would train."""
    started = perf_counter()
    seconds = None if minutes is None else 60.0 * minutes
    prepared = runs.prepare(runs.Settings.from_dict(settings), seconds=seconds)
    expected = forecast(prepared, minutes)
    if minutes is not None:
        prepared, expected, _ = runs.fit_to_time(prepared, expected, minutes, started)
    splits = prepared.splits
    return {
        "seconds": expected.seconds,
        "seconds_per_epoch": expected.epoch,
        "memory_bytes": expected.memory,
        "epochs": expected.epochs,
        "steps": prepared.steps.count,
        "images": {
            "train": len(splits.train),
            "validation": len(splits.validation),
            "test": len(splits.test),
        },
        "image_shape": list(prepared.image_shape),
        "class_names": list(prepared.class_names),
        "model": prepared.architecture.name,
        "model_reason": prepared.model_reason,
        "parameters": prepared.model.count_params(),
        "findings": [finding.as_dict() for finding in prepared.data.findings],
    }


def classify_image(run: str, image: str) -> dict[str, Any]:
    """Return the probability of every class for an image in base64, and what the network sees."""
    classifier = _classifier(run)
    prepared = classifier.prepare([_decoded(image)])
    (found,) = classifier.classify_prepared(prepared, top=len(classifier.class_names))
    return {
        "classes": [
            {**one._asdict(), "label": classifier.class_names.index(one.name)} for one in found.top
        ],
        "out_of_distribution": found.is_out_of_distribution,
        "not_sure": found.is_not_sure,
        "seen": _as_png(prepared[0], classifier.pixels),
        "shape": list(classifier.shape),
    }


def explain_image(run: str, image: str, label: int) -> dict[str, Any]:
    """Return Grad-CAM of a class on an image in base64; why there is none, for some networks."""
    classifier = _classifier(run)
    prepared = classifier.prepare([_decoded(image)])[0]
    try:
        found = explanation.grad_cam(classifier.model, prepared, label)
    except ArgumentError as error:
        return {"heat": None, "reason": error.message}
    low, high = classifier.pixels
    grey = 255 * (prepared.astype(np.float64).mean(axis=-1, keepdims=True) - low) / (high - low)
    share = 0.65 * found.map[..., None]
    return {"heat": _as_png((1 - share) * grey + share * _HEAT, (0.0, 255.0)), "reason": None}


def example_images(source: str) -> dict[str, Any]:
    """Return a few images of each class of some data, as PNG in base64."""
    found: list[list[str]] = []
    if Path(source).is_dir():
        listing = scanning.scan_folder(source)
        names = listing.class_names
        for label in range(min(len(names), _MAX_CLASSES)):
            rows = np.flatnonzero(listing.labels == label)[: 2 * _MAX_EXAMPLES]
            found.append(_readable([listing.path(int(row)) for row in rows]))
    else:
        is_file = source.lower().endswith(".npz")
        data = datasets.load_npz(source) if is_file else datasets.find(source).load()
        names = data.class_names
        for label in range(min(len(names), _MAX_CLASSES)):
            chosen = data.x_train[np.flatnonzero(data.y_train == label)[:_MAX_EXAMPLES]]
            top = 255.0 if chosen.dtype == np.uint8 else float(np.max(chosen, initial=1.0))
            found.append([_as_png(image, (0.0, top)) for image in chosen])
    return {"classes": [list(pair) for pair in zip(names, found, strict=False)]}


def _readable(paths: list[Path]) -> list[str]:
    """Return the first images that can be read."""
    found: list[str] = []
    for path in paths:
        with suppress(FileError):
            found.append(_as_png(_EXAMPLE.apply(path), (0.0, 255.0)))
        if len(found) == _MAX_EXAMPLES:
            break
    return found


def evaluate_run(run: str) -> dict[str, Any]:
    """Evaluate a run on its validation images; return its worst mistakes as images."""
    found = runs.evaluate_run(run, split="validation")
    images = found.mistaken_images[:_MAX_MISTAKES]
    low, high = _classifier(run).pixels
    shown = [_as_png(image, (low, high)) for image in images]
    return {
        "mistakes": [
            {**mistake._asdict(), "png": png}
            for mistake, png in zip(found.mistakes, shown, strict=False)
        ]
    }


def write_report(run: str) -> dict[str, Any]:
    """Write the report of a run into its folder."""
    report.write_report(run)
    return {}


def compare_runs(names: list[str]) -> dict[str, Any]:
    """Compare runs on their validation images: sentences, and the settings that differ."""
    found = runs.compare_runs(names)
    return {"sentences": report.describe_comparison(found), "settings": found.settings}


def export_run(run: str, path: str, kind: str) -> dict[str, Any]:
    """Write the model of a run for other software, and say how it was verified."""
    found = export.export_run(run, path, kind)
    return {"size": found.size, "verification": found.describe(), "note": found.note}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "forecast": forecast_training,
    "classify": classify_image,
    "explain": explain_image,
    "examples": example_images,
    "evaluate": evaluate_run,
    "report": write_report,
    "compare": compare_runs,
    "export": export_run,
}
"""Every task by its name in a request."""


def answer(line: bytes) -> dict[str, Any]:
    """Return the reply to a request."""
    try:
        request = json.loads(line)
        return {"result": TASKS[request.pop("task")](**request)}
    except ScallionError as error:
        kind = type(error).__name__
        return {"error": error.message, "hint": error.hint, "kind": kind, "field": error.field}
    except MemoryError:
        return {"error": "this takes more memory than is allowed", "hint": "use a smaller image"}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"unexpected {type(error).__name__}: {error}", "kind": "JobError"}


def _classifier(run: str) -> runs.Classifier:
    """Return the model of a run, loaded again when its file changes."""
    path = Path(run) / "model.keras"
    status = path.stat() if path.is_file() else None
    stamp = (0, 0) if status is None else (status.st_mtime_ns, status.st_size)
    known = _classifiers.get(run)
    if known is None or known[0] != stamp:
        _classifiers.clear()  # one at a time: a model may be large
        known = (stamp, runs.Classifier.load(run))
        _classifiers[run] = known
    return known[1]


def _decoded(image: str) -> bytes:
    """Return the bytes of an image file in base64. Raises ArgumentError if there are none."""
    content = base64.b64decode(image)
    if not content:
        raise ArgumentError("the image is empty", hint="choose a file with an image")
    return content


def _as_png(pixels: NDArray[Any], value_range: tuple[float, float]) -> str:
    """Return one image (h, w, c) of any range as PNG in base64."""
    low, high = value_range
    scaled = np.clip((pixels.astype(np.float64) - low) / ((high - low) or 1.0), 0, 1)
    image = Image.fromarray((255 * scaled + 0.5).astype(np.uint8).squeeze())
    image.thumbnail((_MAX_SIDE, _MAX_SIDE))
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")


def _limit_memory(gibibytes: float | None) -> None:
    """Let the process fail rather than the machine swap, where the system has such limits."""
    if gibibytes is None:
        return
    with suppress(ImportError, ValueError, OSError):
        import resource  # here, because Windows has no such module

        size = int(gibibytes * (1 << 30))
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer requests until standard input is closed."""
    parser = ArgumentParser(prog="python -m scallion.workbench.tasks")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--memory", type=float, metavar="GIB")
    arguments = parser.parse_args()
    _limit_memory(arguments.memory)
    session.set_threads(arguments.threads)
    # Whatever is printed must not end up among the replies.
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        replies.write(json.dumps(json.loads(encode_json(answer(line)))).encode() + b"\n")


if __name__ == "__main__":
    main()
