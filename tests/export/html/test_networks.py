"""The WebAssembly engine under Node: every layer, the named networks, and 100 random ones."""

from pathlib import Path

import numpy as np
import pytest

import export_cases
import wasm_engine
from scallion.engine import is_available
from scallion.export.html import html_file

pytestmark = [
    pytest.mark.exports,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(html_file.runtime() is None, reason="there is no Node"),
    pytest.mark.skipif(not is_available("native"), reason="there is no compiled engine"),
]


@pytest.mark.parametrize("kind", wasm_engine.MODELS)
def test_webassembly_gives_the_bits_of_the_baseline(kind: str, tmp_path: Path) -> None:
    models = wasm_engine.networks(kind)
    found = wasm_engine.outputs_in_node(models.items(), tmp_path)
    baseline = wasm_engine.baseline_outputs(kind, tmp_path)
    apart: dict[str, float] = {}
    for name, model in models.items():
        native = export_cases.predicted(model, export_cases.images_for(model))
        apart[name] = export_cases.disagreement(native, found[name])
    assert {name: value for name, value in apart.items() if not value <= 1e-5} == {}
    other_bits = [
        name
        for name in models
        for one, other in zip(found[name], baseline[name], strict=True)
        if not np.array_equal(one, other)
    ]
    assert other_bits == []
    assert len(apart) >= 10
