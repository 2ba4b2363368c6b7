"""Images per second of exported pages in headless Chromium, and of onnxruntime-web beside them.

    python benchmarks/page.py [--modules FOLDER/node_modules] [--rounds 5] [--smoke]

FOLDER is one in which `npm install onnxruntime-web` was run; without it, only pages are measured.
Both use one thread. A round lasts a second; the median, lowest and highest of all rounds are
printed. Pages get bytes from 0 to 255, which they scale; onnxruntime-web gets floats.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "tests" / "kit"))

import scallion  # noqa: E402
from chromium import Chromium  # noqa: E402 (of the tests)
from networks import NETWORKS  # noqa: E402 (beside this file)
from scallion.export import export_model  # noqa: E402

LARGE = "EfficientNet-Lite0, 128 px"
BARS = {"lesson": 2000, LARGE: 15}  # images per second that pages must reach
ORT_BATCHES = (1, 16)  # the faster one counts

# Runs `step`, which classifies `count` images, for a second, `rounds` times.
MEASURE = """
window.rates = null;
(async () => {
  const { count, step } = await window.prepareRun();
  await step();
  const rates = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let images = 0, now = start;
    while (now - start < SECONDS * 1000) { await step(); images += count; now = performance.now(); }
    rates.push(images * 1000 / (now - start));
  }
  window.rates = JSON.stringify(rates);
})().catch((error) => { window.rates = JSON.stringify(String(error)); });
"""

PAGE = """
window.prepareRun = async () => {
  const random = () => Uint8Array.from({ length: model.size }, () => Math.random() * 256);
  const images = Array.from({ length: COUNT }, random);
  return { count: COUNT, step: async () => { model.classify(images); } };
};
"""

ORT = """
window.prepareRun = async () => {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  const session = await ort.InferenceSession.create("model.onnx", { executionProviders: ["wasm"] });
  const shape = [COUNT, ...SHAPE], length = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length }, () => Math.random() * 255);
  const images = new ort.Tensor("float32", data, shape);
  return { count: COUNT, step: async () => { await session.run({ images }); } };
};
"""

ORT_PAGE = '<!DOCTYPE html><meta charset="utf-8"><script src="modules/ort.wasm.min.js"></script>'


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder without a line per request."""

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (its name there)
        """Print nothing."""


def named_networks() -> dict[str, scallion.Model]:
    """Return the networks with class names, as those of runs have them."""
    lesson = NETWORKS["lesson"]
    features = scallion.applications.EfficientNetLite0(
        include_top=False, input_shape=(128, 128, 3), pooling="avg"
    )
    head = scallion.layers.Dense(10)(features.outputs[0])
    models = {
        "lesson": lesson.build(scallion, lesson.shape),
        LARGE: scallion.Model(features.inputs[0], head),
    }
    for model in models.values():
        height, width, channels = shape = model.inputs[0].image_shape
        rule = {"height": height, "width": width, "channels": channels, "fit": "crop"}
        model.metadata = {
            "class_names": [str(number) for number in range(10)],
            "preprocessing": {"resize_rule": rule},
            "input": {"shape": list(shape), "dtype": "uint8", "range": [0, 255]},
        }
    return models


def measured(browser: Chromium, prepare: str, options: argparse.Namespace, **values: Any) -> list:
    """Return images per second of each round."""
    script = prepare + MEASURE
    rounds, seconds = (1, 0.1) if options.smoke else (options.rounds, 1)
    for name, value in {"ROUNDS": rounds, "SECONDS": seconds, **values}.items():
        script = script.replace(name, json.dumps(value))
    browser.evaluate(script)
    found = json.loads(browser.wait_for("window.rates", 600))
    if isinstance(found, str):
        raise SystemExit(found)
    return found


def page_rates(model: scallion.Model, folder: Path, options: argparse.Namespace) -> list[float]:
    """Return images per second of an exported page that was opened as a file."""
    path = export_model(model, folder / "page.html", "html").path
    with Chromium() as browser:
        browser.open(path.resolve())
        browser.wait_for("document.getElementById('verification')?.dataset.state === 'verified'")
        return measured(browser, PAGE, options, COUNT=16)


def ort_rates(model: scallion.Model, folder: Path, options: argparse.Namespace) -> list[float]:
    """Return images per second of onnxruntime-web, with the batch size that suits it."""
    export_model(model, folder / "model.onnx")
    (folder / "index.html").write_text(ORT_PAGE)
    (folder / "modules").symlink_to((options.modules / "onnxruntime-web" / "dist").resolve())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shape = list(model.inputs[0].image_shape)
    found = []
    try:
        for batch in ORT_BATCHES:
            with Chromium() as browser:
                browser.call("Page.navigate", url=f"http://127.0.0.1:{server.server_port}/")
                browser.wait_for("typeof ort === 'object'")
                found.append(measured(browser, ORT, options, COUNT=batch, SHAPE=shape))
    finally:
        server.shutdown()
        server.server_close()
    return max(found, key=statistics.median)


def describe(rates: list[float]) -> str:
    return f"{statistics.median(rates):8.1f} ({min(rates):.1f} to {max(rates):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--modules", type=Path, help="node_modules with onnxruntime-web")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="run once; the figures mean nothing")
    options = parser.parse_args()
    print("images per second, one thread: median (lowest to highest)")
    for name, model in named_networks().items():
        with tempfile.TemporaryDirectory() as folder:
            page = page_rates(model, Path(folder), options)
            print(f"{name:28} page            {describe(page)}, to reach: {BARS[name]}")
            if options.modules is not None:
                peer = ort_rates(model, Path(folder), options)
                ratio = statistics.median(page) / statistics.median(peer)
                print(f"{name:28} onnxruntime-web {describe(peer)}, the page is {ratio:.2f}x")


if __name__ == "__main__":
    main()
