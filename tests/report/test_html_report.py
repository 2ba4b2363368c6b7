"""The report of a run: one HTML file that loads nothing."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from scallion import report, runs
from scallion.errors import MissingFileError, StateError
from stripes import save_stripes

NAMES = ["<span><script>alert(1)</script>", "a & b</table>", '"$c^$"']


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that was trained for a second; its class names contain HTML."""
    folder = tmp_path_factory.mktemp("report")
    settings = runs.Settings(
        str(save_stripes(folder)), model="quick", epochs=6, out=folder / "runs", batch_size=16
    )
    path = runs.train(runs.prepare(settings)).run.path
    config = json.loads((path / "config.json").read_text())
    config["data"]["class_names"] = NAMES
    (path / "config.json").write_text(json.dumps(config))
    return path


class Reader(HTMLParser):
    """Collects descriptions of images and links, and checks that every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.alternatives: list[str] = []
        self.targets: list[str] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img":
            self.alternatives.append(given.get("alt") or "")
        self.targets.extend(v for k, v in attrs if k in ("src", "href") and v)
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_report_is_one_file_with_described_figures(run: Path) -> None:
    written = report.write_report(run)
    text = written.page.read_text(encoding="utf-8")
    reader = Reader(text)
    assert reader.open == []
    assert len(reader.alternatives) >= 6
    assert all(len(text) > 20 for text in reader.alternatives)
    assert all(target.startswith(("#", "data:")) for target in reader.targets)
    assert written.page.stat().st_size < 5_000_000
    titles = re.findall("<h2>(.*?)</h2>", text)
    assert titles[:4] == ["Diagnosis", "Training", "Scores", "Confusion matrix"]
    assert titles[-4:] == ["Network", "Data", "Reproduce", "Model card"]
    assert "This report contains images from the data" in text
    assert "<script" not in text
    assert "a &amp; b" in text
    assert all(reader.texts.count(name) >= 1 for name in NAMES)
    for path in written.figures:
        assert path.read_bytes()[:4] == b"\x89PNG"


def test_a_report_without_images_contains_none(run: Path, tmp_path: Path) -> None:
    written = report.write_report(run, images=False)
    text = written.page.read_text(encoding="utf-8")
    assert "It contains no image from the data." in text
    names = {path.stem for path in written.figures}
    assert names == {"curves", "confusion", "confusion-normalized", "reliability", "filters"}


def test_changed_data_are_refused(run: Path) -> None:
    source = run.parents[1] / "stripes.npz"
    kept = source.read_bytes()
    with np.load(source) as arrays:
        np.savez(source, x_train=arrays["x_train"][:90], y_train=arrays["y_train"][:90])
    with pytest.raises(StateError, match="have changed since it was trained"):
        report.write_report(run)
    source.write_bytes(kept)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="is not a run folder"):
        report.write_report(tmp_path)


@pytest.mark.browser
def test_a_browser_shows_a_report_offline_without_errors(run: Path, tmp_path: Path) -> None:
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
