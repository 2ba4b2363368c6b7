"""The page in Chromium: train, watch, look, try; in all sizes, light and dark, by keyboard."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chromium import Chromium
from stripes import save_stripes
from workbench_server import Client, serving

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
CHECK = """axe.run().then((found) => JSON.stringify(found.violations.map(
    (one) => [one.id, one.nodes.map((node) => node.html + " " + node.failureSummary)])))"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium"),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data that are learned in a second."""
    folder = tmp_path_factory.mktemp("page")
    save_stripes(folder)
    return folder


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Client]:
    """A server of the folder."""
    with serving(root) as found:
        yield found


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, str]]:
    """A server of a folder with one run, evaluated, and the id of the run."""
    folder = tmp_path_factory.mktemp("trained")
    save_stripes(folder)
    with serving(folder) as found:
        data = found.get("/api/data")["data"][0]["id"]
        job = found.post("/api/train", {"data": data, "model": "quick", "epochs": 3})
        run = found.wait_for_job(job["id"])["run"]
        found.post(f"/api/runs/{run}/evaluate")
        yield found, run


def opened(browser: Chromium, address: str) -> None:
    """Open the page, and wait until it shows a view."""
    browser.call("Page.navigate", url=address)
    browser.wait_for("!!document.querySelector('main h1')")


def go(browser: Chromium, place: str, until: str) -> None:
    """Open a view, and wait for an element of it."""
    browser.evaluate(f"location.hash = {place!r}")
    browser.wait_for(f"!!document.querySelector({until!r})")


def press(browser: Chromium, key: str) -> None:
    """Press and release a key."""
    codes = {"Enter": (13, "\r"), "Tab": (9, "")}
    code, text = codes[key]
    for kind in ("keyDown", "keyUp"):
        browser.call(
            "Input.dispatchKeyEvent",
            type=kind, key=key, code=key, windowsVirtualKeyCode=code,
            text=text if kind == "keyDown" else "",
        )  # fmt: skip


def check(browser: Chromium, server: Client) -> None:
    """Assert that the view is accessible, fits the screen, and talked to this server alone."""
    width = browser.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    own = server.access.origin + "/"
    assert [one for one in browser.problems() if not one.startswith(own)] == []
    if AXE.is_file():
        browser.evaluate(AXE.read_text())
        answer: Any = browser.call(
            "Runtime.evaluate", expression=CHECK, awaitPromise=True, returnByValue=True
        )
        assert json.loads(answer["result"]["value"]) == []


def test_a_network_is_trained_and_tried_by_keyboard(server: Client, tmp_path: Path) -> None:
    with Chromium((1280, 900)) as browser:
        opened(browser, server.access.address)
        assert browser.evaluate("location.hash") == "#/runs"  # the token is gone
        assert "Nothing has been" in browser.wait_for("document.querySelector('.empty')?.innerText")
        check(browser, server)
        browser.evaluate("document.querySelector('.empty a').focus()")
        press(browser, "Enter")
        browser.wait_for("!!document.querySelector('aside dl')")
        assert "stripes.npz" in browser.evaluate("document.querySelector('select').innerText")
        browser.evaluate("document.querySelector('input[value=epochs]').click()")
        browser.wait_for("!!document.querySelector('input[max=\"100000\"]')")
        browser.evaluate("document.querySelector('input[max=\"100000\"]').focus()")
        browser.call("Input.insertText", text="6")
        check(browser, server)
        browser.evaluate("document.querySelector('button.large').focus()")
        press(browser, "Enter")
        browser.wait_for("location.hash.startsWith('#/runs/stripes')")
        browser.wait_for("!!document.querySelector('.plot canvas')")
        browser.wait_for("!!document.querySelector('progress')?.value")
        browser.wait_for("!!document.querySelector('.status.good')")
        check(browser, server)
        browser.evaluate(
            "[...document.querySelectorAll('button')]"
            ".find((one) => one.textContent.startsWith('Evaluate')).focus()"
        )
        press(browser, "Enter")
        browser.wait_for("!!document.querySelector('.matrix')")
        check(browser, server)
        image = tmp_path / "image.png"
        Image.fromarray(np.full((30, 20), 77, np.uint8)).save(image)
        go(browser, "#/try", ".drop")
        browser.give_files("input[type=file]", [image])
        browser.wait_for("!!document.querySelector('.answer')")
        check(browser, server)


@pytest.mark.parametrize(("width", "dark"), [(1280, True), (1024, False), (390, True)])
def test_views_fit_the_screen_and_are_accessible(
    trained: tuple[Client, str], width: int, dark: bool
) -> None:
    server, run = trained
    with Chromium((width, 800), dark) as browser:
        opened(browser, server.access.address)
        views = [
            ("#/runs", ".runs"),
            (f"#/runs/{run}", ".matrix"),
            ("#/train", "aside dl"),
            ("#/try", ".drop"),
        ]
        for place, until in views:
            go(browser, place, until)
            check(browser, server)


def test_a_page_without_the_cookie_says_what_to_do(server: Client) -> None:
    with Chromium((1280, 900)) as browser:
        opened(browser, server.access.origin)
        text = browser.wait_for("document.querySelector('.finding.error')?.innerText")
        assert "scallion ui" in text


def test_names_with_code_are_shown_as_text(server: Client, root: Path) -> None:
    name = "<img src=x onerror=alert(1)>"
    (root / "runs" / name).mkdir(parents=True)
    (root / "runs" / name / "config.json").write_text("{}")
    with Chromium((1280, 900)) as browser:
        opened(browser, server.access.address)
        browser.wait_for(f"document.body.innerText.includes({name!r})")
        assert browser.evaluate("document.querySelectorAll('img[src=x]').length") == 0
        check(browser, server)


def test_what_the_camera_sees_is_classified(trained: tuple[Client, str]) -> None:
    server, run = trained
    camera = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with Chromium((1024, 800), options=camera) as browser:
        opened(browser, server.access.address)
        go(browser, f"#/try/{run}", ".drop")
        browser.evaluate(
            "[...document.querySelectorAll('button')]"
            ".find((one) => one.textContent === 'Use the camera').click()"
        )
        browser.wait_for("!!document.querySelector('.answer')")
        check(browser, server)
        browser.evaluate(
            "[...document.querySelectorAll('button')]"
            ".find((one) => one.textContent === 'Stop the camera').click()"
        )
        browser.wait_for("!!document.querySelector('.drop')")


def test_a_lost_server_is_told_and_the_training_found_again(tmp_path: Path) -> None:
    save_stripes(tmp_path)
    with Chromium((1024, 800)) as browser:
        with serving(tmp_path) as server:
            data = server.get("/api/data")["data"][0]["id"]
            job = server.post("/api/train", {"data": data, "model": "quick", "epochs": 5000})["id"]
            while not (run := server.get(f"/api/jobs/{job}")["run"]):
                time.sleep(0.05)
            opened(browser, server.access.address)
            go(browser, f"#/runs/{run}", "progress")
            port = server.access.port
        browser.wait_for("document.body.innerText.includes('does not answer')")
        with serving(tmp_path, port):
            browser.wait_for("document.body.innerText.includes('not signed in')")
