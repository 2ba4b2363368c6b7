"""One HTML file that classifies images offline: the engine as WebAssembly, and stored outputs."""

import base64
import gzip
import hashlib
import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scallion.engine.native import NativeEngine
from scallion.errors import (
    ExportError,
    FileError,
    StateError,
    UnknownNameError,
    UnsupportedError,
)
from scallion.export import runtimes
from scallion.export.description import ExportDescription
from scallion.export.html.precision import accuracy_change, weights_as
from scallion.export.keras.keras_file import probabilities_model
from scallion.export.verification import (
    NOT_VERIFIED,
    Arrays,
    Verification,
    compare,
    make_check_images,
)
from scallion.files import StrPath, read_bytes
from scallion.graph import Graph
from scallion.graph.nested_models import flatten_nested
from scallion.insight.findings.out_of_distribution import OutOfDistributionDetector
from scallion.models import Model
from scallion.models.files.verification import VerificationResult
from scallion.temporary_files import working_folder

BATCH = 16  # images per step of the program
HOW = "open it in a browser: it verifies itself"
PRECISIONS = ("float32", "float16")
_HERE = "scallion.export.html"
_SECONDS = 300
_NAMED = 4  # classes in the title of the window
_CORE = ("texts", "engine", "detector", "resizing")
_PAGE = ("results", "heat_map", "inputs", "page")

# Reads a page, and prints what its own code gives for the check images.
_NODE = """
const text = require("fs").readFileSync("page.html", "utf8");
const named = (id) => new RegExp(`<script type="[a-z/]*" id="${id}">([^]*?)</script>`);
const code = text.match(/<script>([^]*?)<\\/script>/)[1].split("// PAGE")[0];
const Classifier = new Function(`${code}; return Classifier;`)();
const ids = ["engine", "program", "statement", "digest"];
const blocks = Object.fromEntries(ids.map((id) => [id, text.match(named(id))[1]]));
Classifier.load(blocks).then((model) => console.log(JSON.stringify(model.verify().outputs)))
  .catch((error) => { console.error(error.message); process.exit(1); });
"""


@dataclass(frozen=True, slots=True)
class HtmlOptions:
    """Options of a page.

    `title` is its heading, by default the name of the data set. `precision` is that of the stored
    weights; with float16, `validation_data`, images and labels, say what it costs.
    """

    title: str | None = None
    precision: Literal["float32", "float16"] = "float32"
    validation_data: tuple[NDArray[Any], NDArray[Any]] | None = None

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise UnknownNameError("precision", self.precision, PRECISIONS)


class HtmlDraft:
    """A page before it is written."""

    def __init__(self, model: Model, options: HtmlOptions) -> None:
        self.description = ExportDescription.of(model)
        if model.metadata is None or len(model.inputs) != 1:
            raise UnsupportedError(
                "a page needs class names and preprocessing, which the model of a run has",
                hint="scallion export RUN --format html",
            )
        self.title = options.title or _data_name(model.metadata) or model.name
        self.detector: dict[str, Any] | None = model.metadata.get("out_of_distribution")
        self.abstention: dict[str, Any] | None = model.metadata.get("abstention")
        self.note = ""
        with weights_as(model, options.precision):
            self.verification = Verification.of(model, self.description)
            self.program = NativeEngine(self._graph(model)).serialize(BATCH)
        if options.precision != "float32":
            self.note = accuracy_change(model, options.precision, options.validation_data)

    def _graph(self, model: Model) -> Graph:
        """Return the network with a softmax last, and with the features that a detector takes."""
        copy = probabilities_model(model, self.description)
        if self.detector is not None:
            features = model.layers[-1].input
            copy = Model(copy.inputs[0], [copy.outputs[0], features], name=model.name)
        return flatten_nested(copy.graph)

    def encode(self, verified_with: str | None) -> bytes:
        """Return the page."""
        described = self.description
        engine = resource("engine.wasm")
        verified = f"verified with {verified_with}" if verified_with else NOT_VERIFIED
        stated = _json(
            {
                "title": self.title,
                "description": described.as_dict(),
                **self.verification.as_dict(described, hashlib.sha256(self.program).hexdigest()),
                "outputs": self.verification.outputs[0],
                "check_images": base64.b64encode(self._check_pixels()).decode(),
                "batch": BATCH,
                "detector": self.detector,
                "abstention": self.abstention,
                "dark_background": _has_dark_background(self.detector, described),
                "engine_sha256": hashlib.sha256(engine).hexdigest(),
                "program_sha256": hashlib.sha256(self.program).hexdigest(),
                "exported": verified,
                "notes": [self.note] if self.note else [],
            }
        )
        style, code = resource("page.css").decode(), script()
        values = {
            "policy": _policy(style, code),
            "title": html.escape(_window_title(self.title, described.class_names)),
            "heading": html.escape(self.title),
            "engine": _packed(engine),
            "program": _packed(_byte_planes(self.program)),
            "statement": stated,
            "digest": hashlib.sha256(stated.encode()).hexdigest(),
            "style": style,
            "script": code,
        }
        template = resource("page.html").decode()
        return re.sub(r"\{([a-z]+)\}", lambda found: values[found[1]], template).encode()

    def outputs(self) -> Arrays:
        """Return the outputs of the page for the check images, in Node."""
        return [run_in_node(self.encode(None))]

    def _check_pixels(self) -> bytes:
        """Return the check images as pixels from 0 to 255."""
        return (
            make_check_images(self.description.input_shapes, (0.0, 255.0))[0]
            .astype(np.uint8)
            .tobytes()
        )


def run_in_node(page: bytes) -> np.ndarray:
    """Return the outputs of a page's own code for its check images. Raises ExportError."""
    with working_folder() as folder:
        (folder / "page.html").write_bytes(page)
        done = subprocess.run(  # noqa: S603 (a program of our own)
            [shutil.which("node") or "node", "-e", _NODE],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    if done.returncode:
        raise ExportError(
            f"the page fails its verification: {done.stderr.strip()[-300:]}", hint="export it again"
        )
    return np.array(json.loads(done.stdout), np.float32)


def runtime() -> str | None:
    """Return Node and its version if it is installed and new enough."""
    return runtimes.node()


def is_page(path: StrPath) -> bool:
    """Return whether a path has the ending of a page."""
    return Path(path).suffix == ".html"


def verify(path: Path) -> VerificationResult:
    """Compare the outputs of a page with the model's. Raises FileError for a page that fails.

    Only the page that this version of Scallion would write is run; others must be opened in a
    browser, which keeps them apart from the files of this computer.
    """
    page = read_bytes(path).decode("utf-8", "replace")
    statement = re.search(r'id="statement">(.*?)</script>', page, re.DOTALL)
    if statement is None or f"<script>{script()}</script>" not in page:
        raise FileError("it is not a page of this version", hint="open it in a browser")
    if runtime() is None:
        raise StateError(
            "Node is not installed", hint="open the page in a browser: it verifies itself"
        )
    try:
        found = run_in_node(page.encode())
    except ExportError as error:
        raise FileError(
            f"the file is not what was exported: {error.message}", hint="export the model again"
        ) from error
    return compare([json.loads(statement[1])["outputs"]], [found])


def script() -> str:
    """Return the code of a page; what comes before `// PAGE` needs no browser."""
    return "// PAGE\n".join(
        "".join(resource(f"{name}.js").decode() for name in part) for part in (_CORE, _PAGE)
    )


def _policy(style: str, script: str) -> str:
    """Return a policy that allows this style, this script and the engine, and no request."""
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (style, script)
    ]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; "
        f"script-src 'sha256-{hashes[1]}' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'"
    )


def _json(value: object) -> str:
    """Return JSON that ends no script element: `<` is escaped."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c")


def _byte_planes(content: bytes) -> bytes:
    """Sort bytes by their place in a group of four: floats then compress better."""
    whole = len(content) // 4 * 4
    planes = np.frombuffer(content[:whole], np.uint8).reshape(-1, 4).T
    return planes.tobytes() + content[whole:]


def _data_name(metadata: Mapping[str, Any]) -> str:
    """Return the name of the data set that a model was trained on, without folders and suffix."""
    return Path(str(metadata.get("data", {}).get("name", ""))).stem


def _window_title(title: str, class_names: Sequence[str]) -> str:
    """Return a title that names the first classes."""
    shown = ", ".join(class_names[:_NAMED])
    more = len(class_names) - _NAMED
    return f"{title}: {shown}" + (f" and {more} more" if more > 0 else "")


def _has_dark_background(detector: Mapping[str, Any] | None, described: ExportDescription) -> bool:
    """Return whether training images are dark at their border, on average."""
    if detector is None or len(described.input_shapes[0]) != 3:
        return True
    mean = OutOfDistributionDetector.from_dict(detector).thumbnails.means[0]
    side = round((mean.size / described.input_shapes[0][-1]) ** 0.5)
    if side * side * described.input_shapes[0][-1] != mean.size:  # a narrow image
        return True
    square = mean.reshape(side, side, -1)
    border = np.concatenate([square[0], square[-1], square[:, 0], square[:, -1]])
    return bool(border.mean() < sum(described.pixel_range) / 2)


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def resource(name: str) -> bytes:
    """Return a file that pages are made of."""
    return resources.files(_HERE).joinpath(name).read_bytes()
