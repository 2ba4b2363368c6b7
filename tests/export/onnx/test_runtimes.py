"""ONNX files in onnxruntime and OpenVINO: every layer, the named networks, random ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import export_cases
from scallion.export.onnx import model_proto
from scallion.export.onnx.onnx_graph import encode_graph
from scallion.models import Model

pytestmark = [pytest.mark.exports, pytest.mark.filterwarnings("ignore")]

MODELS = {
    "layers": export_cases.layer_networks,
    "named": export_cases.named_networks,
    "random": export_cases.random_models,
}
# OpenVINO compiles each network for seconds; the layers are covered by onnxruntime, too.
OPENVINO_RANDOM = 20


def encode(model: Model, **options: Any) -> bytes:
    return model_proto.model(encode_graph(model.graph, model.name, **options), "0", {})


def run_onnxruntime(content: bytes, images: list[np.ndarray]) -> list[np.ndarray]:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [slot.name for slot in session.get_inputs()]
    return session.run(None, dict(zip(names, images, strict=True)))


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("folds", [False, True], ids=["", "folded"])
def test_onnxruntime_gives_the_same_outputs(kind: str, folds: bool) -> None:
    onnx = pytest.importorskip("onnx")
    apart: dict[str, float] = {}
    for name, model in MODELS[kind]():
        content = encode(model, folds_normalization=folds)
        onnx.checker.check_model(content, full_check=True)
        images = export_cases.images_for(model)
        wanted = export_cases.predicted(model, images)
        apart[name] = export_cases.disagreement(wanted, run_onnxruntime(content, images))
    assert {name: value for name, value in apart.items() if not value <= 1e-5} == {}
    assert len(apart) >= 10


def test_openvino_gives_the_same_outputs() -> None:
    openvino = pytest.importorskip("openvino")
    core = openvino.Core()
    # Full float32: by default a CPU with bfloat16 units computes in that.
    precise = {"INFERENCE_PRECISION_HINT": "f32"}
    apart: dict[str, float] = {}
    for name, model in [
        *export_cases.named_networks(),
        *export_cases.random_models(OPENVINO_RANDOM),
    ]:
        compiled = core.compile_model(core.read_model(encode(model)), "CPU", precise)
        images = export_cases.images_for(model)
        found = compiled(images)
        outputs = [np.asarray(found[number]) for number in range(len(model.outputs))]
        apart[name] = export_cases.disagreement(export_cases.predicted(model, images), outputs)
    assert {name: value for name, value in apart.items() if not value <= 1e-5} == {}


@pytest.mark.parametrize("count", [1, 5])
def test_the_batch_size_is_free(count: int) -> None:
    _, model = next(export_cases.named_networks())
    images = export_cases.images_for(model, count)
    found = run_onnxruntime(encode(model), images)
    assert export_cases.disagreement(export_cases.predicted(model, images), found) <= 1e-5


def test_uint8_pixels_are_scaled_inside() -> None:
    _, model = next(export_cases.named_networks())
    pixels = np.random.default_rng(0).integers(0, 256, (2, *model.inputs[0].image_shape), np.uint8)
    wanted = export_cases.predicted(model, [(pixels / 127.5 - 1).astype(np.float32)])
    found = run_onnxruntime(encode(model, pixel_range=(-1.0, 1.0)), [pixels])
    assert export_cases.disagreement(wanted, found) <= 1e-5


def test_a_run_is_verified_at_once_and_again(finished_run: Path, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    from scallion.export import export_run, verify_export

    for options in ({}, {"uint8_input": True}, {"fold_normalization": True}):
        result = export_run(finished_run, tmp_path / "model.onnx", **options)
        assert result.verified == f"onnxruntime {onnxruntime.__version__}"
        assert verify_export(result.path).is_verified
    session = onnxruntime.InferenceSession(result.path)
    assert session.get_inputs()[0].name == "images"
    assert session.get_outputs()[0].name == "probabilities"
