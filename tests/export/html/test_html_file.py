"""Pages that classify: what is in them, what Node computes, and what a browser shows."""

import base64
import csv
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chromium import Chromium
from firefox import Firefox
from scallion.engine import is_available
from scallion.errors import ArgumentError, ExportError, FileError, UnsupportedError
from scallion.export import export_model, export_run, runtimes, verify_export
from scallion.export.html import html_file
from scallion.insight.findings.out_of_distribution import fit_detector
from scallion.insight.metrics.abstention import AbstentionThreshold
from scallion.layers import Dense, Input
from scallion.models import Model, load_model
from scallion.runs import Classifier, PredictionsCsv, prediction_rows
from scallion.runs.training.model_metadata import feature_model

HOSTILE = ["</script><script>alert(1)</script>", "say \"cheese\" & 'smile'", "\u202eright to left"]

pytestmark = pytest.mark.skipif(not is_available("native"), reason="there is no compiled engine")
needs_node = pytest.mark.skipif(html_file.runtime() is None, reason="there is no Node")


@pytest.fixture
def page(finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of a run whose classes have hostile names."""
    model = load_model(finished_run / "model.keras", compile=False)
    assert model.metadata is not None
    model.metadata["class_names"] = HOSTILE
    add_statistics(model)
    with monkeypatch.context() as without_node:
        without_node.setattr(runtimes, "node", lambda: None)
        return export_model(model, tmp_path / "page.html", "html").path


def add_statistics(model: Model) -> None:
    """Give a model what a run of more images stores: a detector, and a threshold."""
    random = np.random.default_rng(1)
    images = random.integers(0, 120, (90, 8, 8, 1), np.uint8)
    features = feature_model(model).predict(images, verbose=0)
    assert model.metadata is not None
    model.metadata["out_of_distribution"] = fit_detector(
        features[:60], np.arange(60) % 3, images[:60], features[60:], images[60:]
    ).as_dict()
    model.metadata["abstention"] = AbstentionThreshold(0.9, 0.8, 0.9).as_dict()


# Prints the page's remarks about images, one after the other in the file `images`.
REMARKS = """
const fs = require("fs"), text = fs.readFileSync("page.html", "utf8");
const named = (id) => new RegExp(`<script type="[a-z/]*" id="${id}">([^]*?)</script>`);
const code = text.match(/<script>([^]*?)<\\/script>/)[1].split("// PAGE")[0];
const Classifier = new Function(`${code}; return Classifier;`)();
const ids = ["engine", "program", "statement", "digest"];
const blocks = Object.fromEntries(ids.map((id) => [id, text.match(named(id))[1]]));
Classifier.load(blocks).then((model) => {
  const pixels = fs.readFileSync("images"), { size } = model, images = [];
  for (let i = 0; i < pixels.length; i += size) images.push(pixels.subarray(i, i + size));
  const found = model.classify(images).map((one) => [one.isOutlier, one.isUnsure]);
  console.log(JSON.stringify(found));
});
"""


def statement(page: Path) -> dict[str, Any]:
    found = re.search(r'id="statement">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_a_page_carries_classes_preprocessing_and_outputs(page: Path) -> None:
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
def test_node_verifies_a_page(finished_run: Path, tmp_path: Path) -> None:
    result = export_run(finished_run, tmp_path / "page.html", "html")
    assert result.verified == html_file.runtime()
    assert verify_export(result.path).difference < 1e-5


@needs_node
def test_a_page_remarks_what_predict_remarks(finished_run: Path, tmp_path: Path) -> None:
    model = load_model(finished_run / "model.keras", compile=False)
    add_statistics(model)
    export_model(model, tmp_path / "page.html", "html")
    random = np.random.default_rng(2)
    images = np.concatenate(
        [random.integers(0, 120, (30, 8, 8, 1)), random.integers(0, 256, (30, 8, 8, 1))]
    ).astype(np.uint8)
    (tmp_path / "images").write_bytes(images.tobytes())
    done = subprocess.run(
        ["node", "-e", REMARKS], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    found = Classifier(model).classify_all(images)
    wanted = [[one.is_out_of_distribution, one.is_not_sure] for one in found]
    assert json.loads(done.stdout) == wanted
    assert len(set(map(tuple, wanted))) >= 3


@needs_node
def test_float16_weights_say_what_they_cost(finished_run: Path, tmp_path: Path) -> None:
    exact = export_run(finished_run, tmp_path / "exact.html", "html")
    before = load_model(finished_run / "model.keras", compile=False).get_weights()
    half = export_run(finished_run, tmp_path / "half.html", "html", precision="float16")
    assert half.size < exact.size
    assert re.fullmatch(
        r"Weights are stored as float16: [\d.]+% of 12 validation images are classified correctly, "
        r"and [\d.]+% with float32\.",
        half.note,
    )
    assert statement(half.path)["notes"] == [half.note]
    assert verify_export(half.path).difference < 1e-5
    after = load_model(finished_run / "model.keras", compile=False).get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_float16_weights_without_data_are_not_measured(finished_run: Path, tmp_path: Path) -> None:
    model = load_model(finished_run / "model.keras", compile=False)
    weights = model.get_weights()
    result = export_model(model, tmp_path / "page.html", "html", precision="float16")
    assert result.note == "Weights are stored as float16; what that costs was not measured."
    found = model.get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(weights, found, strict=True))


def test_weights_too_large_for_float16_are_refused(finished_run: Path, tmp_path: Path) -> None:
    model = load_model(finished_run / "model.keras", compile=False)
    model.set_weights([one * np.float32(1e6) for one in model.get_weights()])
    with pytest.raises(ExportError, match="too large for float16"):
        export_model(model, tmp_path / "page.html", "html", precision="float16")
    with pytest.raises(ArgumentError, match="did you mean 'float16'"):
        export_model(model, tmp_path / "page.html", "html", precision="float1")
    assert list(tmp_path.iterdir()) == []


def test_the_title_names_the_data_and_the_classes(finished_run: Path, tmp_path: Path) -> None:
    text = export_run(finished_run, tmp_path / "page.html", "html").path.read_text()
    assert "<title>stripes: 0, 1, 2</title>" in text
    assert '<h1 dir="auto">stripes</h1>' in text
    named = export_run(finished_run, tmp_path / "named.html", "html", title="A <b> & c").path
    assert "<title>A &lt;b&gt; &amp; c: 0, 1, 2</title>" in named.read_text()


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
def test_a_changed_page_fails_its_verification(page: Path, old: str, new: str) -> None:
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
        "from scallion.export.verification import make_check_images\n"
        "from scallion.models import load_model\n"
        "model = load_model(sys.argv[1], compile=False)\n"
        "about = ExportDescription.of(model)\n"
        "(images,) = make_check_images(about.input_shapes, about.pixel_range)\n"
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


AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"  # by `npm ci`
SIZES = [((1100, 900), False), ((390, 844), True)]


def open_page(browser: Chromium, page: Path) -> None:
    browser.open(page)
    state = "document.getElementById('verification')?.dataset.state"
    assert browser.wait_for(state) == "verified"


def save_images(folder: Path) -> list[Path]:
    """Save 20 PNG files of several sizes, colour and grey."""
    random = np.random.default_rng(0)
    paths = []
    for number in range(20):
        sides = (8, 8) if number < 5 else tuple(random.integers(5, 60, 2))
        paths.append(folder / f"{number}.png")
        pixels = random.integers(0, 256, (*sides, 3) if number % 3 else sides, np.uint8)
        Image.fromarray(pixels).save(paths[-1])
    return paths


@pytest.mark.browser
@pytest.mark.parametrize(("size", "dark"), SIZES)
def test_a_browser_classifies_offline_as_predict_does(
    finished_run: Path, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    model = load_model(finished_run / "model.keras", compile=False)
    add_statistics(model)
    path = export_model(model, tmp_path / "page.html", "html").path
    images = save_images(tmp_path)
    with Chromium(size, dark) as browser:
        open_page(browser, path)
        browser.give_files("#files", images)
        browser.wait_for("results.length === 20")
        pixels = json.loads(
            browser.evaluate("JSON.stringify(results.map((one) => [...one.pixels]))")
        )
        browser.evaluate("document.querySelector('article button').click()")
        browser.wait_for("document.querySelector('.heat') !== null")
        table = browser.evaluate("csvTable()")
        assert browser.evaluate("document.querySelectorAll('#rows tr').length") == 20
        assert browser.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert browser.problems() == []
    classifier = Classifier(model)
    prepared = classifier.prepare(images)
    np.testing.assert_array_equal(np.array(pixels, np.uint8).reshape(prepared.shape), prepared)
    predicted = classifier.classify_all(prepared)
    wanted = io.StringIO()
    PredictionsCsv(wanted, 3).write(prediction_rows([one.name for one in images], predicted))
    for found, row in zip(_rows(table), _rows(wanted.getvalue()), strict=True):
        assert found.keys() == row.keys()
        for name, value in row.items():
            if name.startswith("probability"):
                assert float(found[name]) == pytest.approx(float(value), abs=1e-5)
            else:
                assert found[name] == value


def _rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(table.splitlines()))


@pytest.mark.browser
@pytest.mark.parametrize(("size", "dark"), SIZES)
@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
def test_axe_finds_no_violation(
    page: Path, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    with Chromium(size, dark) as browser:
        open_page(browser, page)
        browser.give_files("#files", save_images(tmp_path))
        browser.wait_for("results.length === 20")
        browser.evaluate("document.querySelector('article button').click()")
        browser.evaluate("openDrawing()")
        browser.wait_for("document.querySelector('.heat') !== null")
        browser.evaluate(AXE.read_text())
        browser.evaluate("axe.run().then((found) => { window.found = found; })")
        browser.wait_for("window.found")
        assert browser.evaluate("found.violations.map((one) => one.help)") == []
        assert browser.evaluate("found.passes.length") > 20


@pytest.mark.browser
def test_hostile_names_are_text_in_a_browser(page: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "<img src=x onerror=alert(1)>.png"
    Image.new("L", (8, 8)).save(hostile)
    with Chromium() as browser:
        open_page(browser, page)
        browser.give_files("#files", [hostile, hostile])
        browser.wait_for("results.length === 2")
        assert browser.evaluate("document.querySelectorAll('main img, main script').length") == 0
        shown = browser.evaluate(
            "[...document.querySelectorAll('#classes li')].map((one) => one.textContent)"
        )
        assert shown == HOSTILE
        assert browser.problems() == []


@pytest.mark.browser
def test_the_camera_and_drawings_are_classified(page: Path) -> None:
    with Chromium(
        options=("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    ) as browser:
        open_page(browser, page)
        browser.evaluate("document.getElementById('camera').click()")
        browser.wait_for("document.querySelectorAll('#camera-bars li').length === 3")
        browser.evaluate("document.getElementById('take').click()")
        browser.evaluate("document.getElementById('stop').click()")
        browser.evaluate("openDrawing(); document.getElementById('draw-field').scrollIntoView()")
        box = "document.getElementById('draw-field').getBoundingClientRect()"
        left, top = (browser.evaluate(f"{box}.{side}") for side in ("left", "top"))
        for kind, place in (("mousePressed", 40), ("mouseMoved", 200), ("mouseReleased", 200)):
            browser.click(kind, left + place, top + place)
        assert browser.evaluate("document.querySelectorAll('#draw-bars li').length") == 3
        browser.evaluate("document.getElementById('keep').click()")
        assert browser.evaluate("results.map((one) => one.name)") == ["photo 1", "drawing 1"]
        assert browser.evaluate("Math.max(...results[1].pixels)") > 50
        assert browser.problems() == []


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("firefox-esr") is None, reason="Firefox is not installed")
@pytest.mark.parametrize(("size", "dark"), SIZES)
def test_firefox_classifies_offline_as_predict_does(
    finished_run: Path, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    path = export_run(finished_run, tmp_path / "page.html", "html").path
    images = save_images(tmp_path)
    with Firefox(size, dark) as browser:
        browser.open(path)
        state = "document.getElementById('verification')?.dataset.state"
        assert browser.wait_for(state) == "verified"
        browser.give_files("#files", images)
        browser.wait_for("document.querySelectorAll('article').length === 20")
        rows = "[...document.querySelectorAll('#rows tr')]"
        cells = f"{rows}.map((row) => [...row.cells].slice(0, 3).map((one) => one.textContent))"
        found = browser.evaluate(cells)
        assert browser.screenshot().startswith(b"\x89PNG")
    classifier = Classifier.load(finished_run)
    predicted = classifier.classify_all(classifier.prepare(images))
    assert found == [
        [image.name, one.name, f"{one.probability:.1%}".replace("%", "\u00a0%")]
        for image, one in zip(images, predicted, strict=True)
    ]
