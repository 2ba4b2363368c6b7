"""The exported page: it opens offline, fits a phone, and checks answers."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scallion import lesson

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
PHONE = 390  # CSS pixels

# Runs next to the page in a frame, and writes what it found where --dump-dom finds it.
SCRIPT = """
addEventListener("load", () => setTimeout(() => {
  const page = document.querySelector("iframe").contentDocument, seen = {};
  const answer = (id, value) => {
    const all = [...page.querySelectorAll(".question")];
    const box = all.find((b) => JSON.parse(b.dataset.question).id === id);
    const boxes = box.querySelectorAll("input");
    if (typeof value === "number") boxes[value].checked = true; else boxes[0].value = value;
    box.querySelector("button").click();
    return box.querySelector(".feedback").textContent;
  };
  seen.width = page.documentElement.scrollWidth;
  seen.letters = parseFloat(page.defaultView.getComputedStyle(page.body).fontSize);
  seen.canvases = page.querySelectorAll("canvas").length;
  seen.images = [...page.images].every((i) => i.complete && i.naturalWidth > 0);
  seen.bias = answer("dense-parameters", "307,200");
  seen.right = answer("dense-parameters", "32*32*3*100 + 100");
  seen.code = answer("dense-parameters", "alert(1)");
  seen.choice = answer("more-or-fewer", 0);
  seen.kept = answer("dropout-rate", 2);
  const figure = page.querySelector('figure[data-draw="convolution"]');
  const before = figure.querySelectorAll("canvas")[1].toDataURL();
  figure.querySelector('[name="stride"]').value = 2;
  figure.querySelector('[name="stride"]').dispatchEvent(new Event("input", { bubbles: true }));
  seen.strided = figure.querySelectorAll("canvas")[1].width;
  seen.changed = before !== figure.querySelectorAll("canvas")[1].toDataURL();
  document.body.innerHTML = "<pre>" + JSON.stringify(seen).replace(/</g, "&lt;") + "</pre>";
}, 500));
"""


def test_the_page_loads_nothing_and_runs_its_own_script_only() -> None:
    page = lesson.to_html(lesson.find("onions"))
    assert "default-src &#x27;none&#x27;" in page
    assert "script-src &#x27;sha256-" in page
    addresses = re.findall(r'(?:src|href)="([^"]*)', page)
    assert all(address.startswith(("#", "data:")) for address in addresses)


@pytest.mark.browser
def test_the_page_works_offline_on_a_phone(tmp_path: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    page = lesson.to_html(lesson.find("onions"))
    frame = f'<iframe width="{PHONE}" height="800" srcdoc="{html.escape(page)}"></iframe>'
    (tmp_path / "test.html").write_text(f"<body><script>{SCRIPT}</script>{frame}</body>")
    command = [
        *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"),
        *(
            "--virtual-time-budget=20000",
            "--proxy-server=127.0.0.1:9",
            f"--user-data-dir={tmp_path}/profile",
        ),
        (tmp_path / "test.html").as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    found = re.search(r"<pre>(.*?)</pre>", done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    seen = json.loads(html.unescape(found[1]))
    assert seen["width"] <= PHONE
    assert seen["letters"] >= 16
    assert seen["images"]
    assert seen["canvases"] >= 8
    assert "how many biases" in seen["bias"]
    assert seen["right"] == "Right: 3072*100 + 100 = 307,300."
    assert seen["code"] == "Type a number, or a sum such as 10*10*12."
    assert "9,248" in seen["choice"]
    assert seen["kept"].startswith("Saved.")
    assert seen["strided"] == 13  # (28 - 3) // 2 + 1
    assert seen["changed"]


def test_the_page_follows_a_dark_screen() -> None:
    page = lesson.to_html(lesson.find("onions"))
    assert "@media (prefers-color-scheme: dark)" in page
    assert "color-scheme: light dark" in page
