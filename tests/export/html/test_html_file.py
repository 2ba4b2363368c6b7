"""Pages that classify: what is in them, what Node answers, and what a browser shows."""

import base64
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chromium import Chromium
from scallion.engine import is_available
from scallion.errors import FileError, UnsupportedError
from scallion.export import export_model, export_run, runtimes, verify_export
from scallion.export.html import html_file
from scallion.layers import Dense, Input
from scallion.models import Model, load_model
from scallion.runs import Classifier

HOSTILE = ["</script><script>alert(1)</script>", "say \"cheese\" & 'smile'", "\u202eright to left"]

pytestmark = pytest.mark.skipif(not is_available("native"), reason="there is no compiled engine")
needs_node = pytest.mark.skipif(html_file.runtime() is None, reason="there is no Node")


@pytest.fixture
def page(finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of a run whose classes have hostile names."""
    model = load_model(finished_run / "model.keras", compile=False)
    assert model.metadata is not None
    model.metadata["class_names"] = HOSTILE
    with monkeypatch.context() as without_node:
        without_node.setattr(runtimes, "node", lambda: None)
        return export_model(model, tmp_path / "page.html", "html").path


def statement(page: Path) -> dict[str, Any]:
    found = re.search(r'id="statement">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_a_page_carries_classes_preprocessing_and_proof(page: Path) -> None:
    stated = statement(page)
    assert stated["description"]["class_names"] == HOSTILE
    assert stated["description"]["preprocessing"]["resize_rule"]["fit"] == "pad"
    assert np.array(stated["outputs"]).shape == (4, 3)
    assert "not verified here" in page.read_text()


def test_the_policy_allows_the_page_and_nothing_else(page: Path) -> None:
    text = page.read_text()
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', text)
    assert policy.startswith("default-src 'none'; ")
    for content in (style, script):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "http:" not in text
    assert "https:" not in text


def test_hostile_names_are_text(page: Path) -> None:
    assert "<script>alert" not in page.read_text()


def test_a_page_without_its_weights_is_small(page: Path) -> None:
    text = page.read_text()
    (program,) = re.findall(r'id="program">(.*?)</script>', text, re.DOTALL)
    assert len(text) - len(program) < 700_000


def test_a_model_without_classes_has_no_page(tmp_path: Path) -> None:
    x = Input((4,))
    with pytest.raises(UnsupportedError, match="needs class names"):
        export_model(Model(x, Dense(3)(x)), tmp_path / "page.html", "html")


@needs_node
def test_node_proves_a_page(finished_run: Path, tmp_path: Path) -> None:
    result = export_run(finished_run, tmp_path / "page.html", "html")
    assert result.verified == html_file.runtime()
    assert verify_export(result.path).difference < 1e-5


@needs_node
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"fit": "pad"', '"fit": "crop"'),
        ("right to left", "left to right"),
        ('id="program">H4sIAAAAAAAC', 'id="program">H4sIAAAAAAAD'),
        ('"pixel_range": [0.0, 255.0]', '"pixel_range": [0.0, 254.0]'),
    ],
)
def test_a_changed_page_fails_its_proof(page: Path, old: str, new: str) -> None:
    text = page.read_text()
    assert old in text
    changed = text.replace(old, new)
    if "program" in old:  # a weight: the last bytes of the network
        start = text.index('id="program">')
        program = text[start + 13 : text.index("</script>", start)]
        content = bytearray(gzip.decompress(base64.b64decode(program)))
        content[-3] ^= 1
        packed = base64.b64encode(gzip.compress(bytes(content))).decode()
        changed = text.replace(program, packed)
    page.write_text(changed)
    with pytest.raises(FileError, match="a class name or a preprocessing step has changed"):
        verify_export(page)


@needs_node
def test_the_engine_gives_the_bits_of_the_baseline(page: Path, finished_run: Path) -> None:
    found = html_file.run_in_node(page.read_bytes())
    program = (
        "import sys, numpy as np\n"
        "from scallion.export.description import ExportDescription\n"
        "from scallion.export.keras.keras_file import probabilities_model\n"
        "from scallion.export.proof import proof_images\n"
        "from scallion.models import load_model\n"
        "model = load_model(sys.argv[1], compile=False)\n"
        "about = ExportDescription.of(model)\n"
        "(images,) = proof_images(about.input_shapes, about.pixel_range)\n"
        "outputs = probabilities_model(model, about).predict(images, verbose=0)\n"
        "print(outputs.astype('<f4').tobytes().hex())"
    )
    source = str(Path(html_file.__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", program, str(finished_run / "model.keras")],
        env={**os.environ, "SCALLION_ISA": "baseline", "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.astype("<f4").tobytes().hex() == done.stdout.strip()


@pytest.mark.browser
@pytest.mark.parametrize(("size", "dark"), [((1000, 900), False), ((390, 844), True)])
def test_a_browser_classifies_offline_as_predict_does(
    finished_run: Path, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    path = export_run(finished_run, tmp_path / "page.html", "html").path
    random = np.random.default_rng(0)
    images = []
    for number in range(20):
        sides = (8, 8) if number < 5 else tuple(random.integers(5, 60, 2))
        images.append(tmp_path / f"{number}.png")
        Image.fromarray(random.integers(0, 256, (*sides, 3), np.uint8)).save(images[-1])
    with Chromium(size, dark) as browser:
        browser.open(path)
        state = "document.getElementById('proof')?.dataset.state"
        assert browser.wait_for(state) == "proven"
        browser.give_files("#files", images)
        browser.wait_for("results.length === 20")
        found = json.loads(
            browser.evaluate(
                "JSON.stringify(results.map((one) => [[...one.pixels], [...one.probabilities]]))"
            )
        )
        browser.evaluate("document.querySelector('article button').click()")
        assert browser.evaluate("document.querySelectorAll('#rows tr').length") == 20
        assert browser.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert browser.problems() == []
    classifier = Classifier.load(finished_run)
    prepared = classifier.prepare(images)
    pixels = np.array([one for one, _ in found], np.uint8).reshape(prepared.shape)
    np.testing.assert_array_equal(pixels, prepared)
    np.testing.assert_allclose(
        [row for _, row in found], classifier.probabilities(pixels), atol=1e-5
    )
