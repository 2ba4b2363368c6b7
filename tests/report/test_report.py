"""The report of a run: one file that says everything and asks nothing of any network."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from scallion import report, runs
from scallion.errors import MissingFileError, StateError
from scallion.plots import confusion_figure
from stripes import save_stripes


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that was trained for a second; its classes try to break the page."""
    folder = tmp_path_factory.mktemp("report")
    settings = runs.Settings(
        str(save_stripes(folder)), model="quick", epochs=6, out=folder / "runs", batch_size=16
    )
    path = runs.train(runs.prepare(settings)).run.path
    config = json.loads((path / "config.json").read_text())
    config["data"]["class_names"] = ["<script>alert(1)</script>", "a & b", '"c"']
    (path / "config.json").write_text(json.dumps(config))
    return path


class Reader(HTMLParser):
    """Collects the pictures' descriptions, the links, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.alternatives: list[str] = []
        self.targets: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            self.alternatives.append(given.get("alt") or "")
        self.targets.extend(v for k, v in attrs if k in ("src", "href") and v)
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_one_file_with_a_text_for_every_picture(run: Path) -> None:
    written = report.write_report(run)
    text = written.page.read_text(encoding="utf-8")
    reader = Reader(text)
    assert reader.open == []
    assert len(reader.alternatives) >= 6
    assert all(len(words) > 20 for words in reader.alternatives)
    assert all(target.startswith(("#", "data:")) for target in reader.targets)
    assert written.page.stat().st_size < 5_000_000
    titles = re.findall("<h2>(.*?)</h2>", text)
    assert titles[:4] == ["Diagnosis", "Training", "Scores", "Confusion matrix"]
    assert titles[-4:] == ["Network", "Data", "Reproduce", "Model card"]
    assert "This report contains images from the data" in text
    assert "<script" not in text
    assert "a &amp; b" in text
    for picture in written.figures:
        assert picture.read_bytes()[:4] == b"\x89PNG"


def test_without_images_none_of_the_data_is_in_it(run: Path, tmp_path: Path) -> None:
    written = report.write_report(run, images=False)
    text = written.page.read_text(encoding="utf-8")
    assert "It contains no image from the data." in text
    names = {path.stem for path in written.figures}
    assert names == {"curves", "confusion", "confusion-normalized", "reliability", "filters"}


def test_data_that_have_changed_are_refused(run: Path) -> None:
    source = run.parents[1] / "stripes.npz"
    kept = source.read_bytes()
    with np.load(source) as arrays:
        np.savez(source, x_train=arrays["x_train"][:90], y_train=arrays["y_train"][:90])
    with pytest.raises(StateError, match="have changed since it was trained"):
        report.write_report(run)
    source.write_bytes(kept)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="is no run folder"):
        report.write_report(tmp_path)


@pytest.mark.parametrize("classes", [2, 40])
def test_a_confusion_matrix_is_drawn_for_few_classes_and_for_many(classes: int) -> None:
    matrix = np.eye(classes, dtype=np.int64) * 9 + 1
    picture = confusion_figure(matrix, [f"class {i}" for i in range(classes)], normalize=True)
    width = int.from_bytes(picture.png[16:20], "big")
    assert 400 < width < 1600
    assert f"{10 * classes:,} of {classes * (9 + classes):,} images" in picture.description


def test_a_run_is_examined_with_its_answers_and_its_images(run: Path) -> None:
    codes = {finding.code for finding in runs.diagnose_run(runs.open_run(run))}
    assert "validation-too-small" in codes  # twelve images
    brief = report.format_main_findings(runs.diagnose_run(runs.open_run(run)))
    assert brief.startswith("Diagnosis:  ")


def test_a_run_that_diverged_is_said_to_have_done_so(run: Path, tmp_path: Path) -> None:
    for broken in ("first", "later"):
        folder = tmp_path / broken
        folder.mkdir()
        for name in ("config.json", *(["history.csv", "model.keras"] * (broken == "later"))):
            (folder / name).write_bytes((run / name).read_bytes())
        ended = {"status": "diverged", "non_finite_layer": "conv2d_2"}
        (folder / "evaluation.json").write_text(json.dumps(ended))
        finding = runs.diagnose_run(runs.open_run(folder))[0]
        assert (finding.code, finding.severity) == ("diverged", "error")
        assert finding.sentence == (
            "It diverged: the loss became NaN or infinite in epoch "
            f"{1 if broken == 'first' else 7}; the first layer "
            "with NaN or infinite values is 'conv2d_2'."
        )
        assert "--lr 0.0004" in finding.advice


def test_a_linear_model_is_trained_once_and_kept(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = runs.open_run(run).facts
    assert (
        first.linear_correct
        == json.loads((run / "evaluation.json").read_text())["validation"]["linear_correct"]
    )
    assert [one.layer for one in first.gradients][-1] == "dense"
    monkeypatch.setattr("scallion.runs.inspection.saved_run.linear_predictions", None)
    assert runs.open_run(run).facts.linear_correct == first.linear_correct


@pytest.mark.browser
def test_a_browser_shows_it_without_a_network_and_without_complaints(
    run: Path, tmp_path: Path
) -> None:
    page = report.write_report(run).page.resolve()
    shot = tmp_path / "page.png"
    done = subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--v=0"),
            *("--window-size=1000,3000", f"--screenshot={shot}", "--virtual-time-budget=2000"),
            f"file://{page}",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0
    assert "CONSOLE" not in done.stderr
    from PIL import Image

    with Image.open(shot) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape == (3000, 1000, 3)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100  # text, curves, blues
    dom = subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *(f"--user-data-dir={tmp_path / 'other'}", "--dump-dom", f"file://{page}"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Model card" in dom.stdout
    assert dom.stdout.count("<img") >= 6
