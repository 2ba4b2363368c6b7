"""One HTML file that classifies images offline: the engine as WebAssembly, and a proof."""

import base64
import gzip
import hashlib
import html
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

import scallion
from scallion.engine.native import NativeEngine
from scallion.errors import ExportError, FileError, StateError, UnsupportedError
from scallion.export import runtimes
from scallion.export.description import ExportDescription
from scallion.export.keras.keras_file import probabilities_model
from scallion.export.proof import NOT_VERIFIED, Arrays, Proof, compare, proof_images
from scallion.files import StrPath, read_bytes
from scallion.graph.nested_models import flatten_nested
from scallion.models import Model
from scallion.models.files.verification import VerificationResult

BATCH = 16  # images per step of the program
HOW = "open it in a browser: it proves itself"
_HERE = "scallion.export.html"
_SECONDS = 300

# Reads a page, and prints what its own code answers to the check images.
_NODE = """
const text = require("fs").readFileSync("page.html", "utf8");
const named = (id) => new RegExp(`<script type="[a-z/]*" id="${id}">([^]*?)</script>`);
const code = text.match(/<script>([^]*?)<\\/script>/)[1].split("// PAGE")[0];
const Classifier = new Function(`${code}; return Classifier;`)();
const ids = ["engine", "program", "statement", "digest"];
const blocks = Object.fromEntries(ids.map((id) => [id, text.match(named(id))[1]]));
Classifier.load(blocks).then((model) => console.log(JSON.stringify(model.prove().outputs)))
  .catch((error) => { console.error(error.message); process.exit(1); });
"""


@dataclass(frozen=True, slots=True)
class HtmlOptions:
    """This export has no choices."""


class HtmlDraft:
    """A page before it is written."""

    def __init__(self, model: Model, options: HtmlOptions) -> None:
        self.description = ExportDescription.of(model)
        if self.description.preprocessing is None or len(model.inputs) != 1:
            raise UnsupportedError(
                "a page needs class names and preprocessing, which the model of a run has",
                hint="scallion export RUN --format html",
            )
        self.proof = Proof.of(model, self.description)
        graph = flatten_nested(probabilities_model(model, self.description).graph)
        self.program = NativeEngine(graph).serialize(BATCH)

    def encode(self, verified_with: str | None) -> bytes:
        """Return the page."""
        described = self.description
        engine = _resource("engine.wasm")
        statement = _json(
            {
                "description": described.as_dict(),
                **self.proof.as_dict(described, hashlib.sha256(self.program).hexdigest()),
                "outputs": self.proof.outputs[0],
                "check_images": base64.b64encode(self._check_pixels()).decode(),
                "batch": BATCH,
                "engine_sha256": hashlib.sha256(engine).hexdigest(),
                "program_sha256": hashlib.sha256(self.program).hexdigest(),
            }
        )
        style = _resource("page.css").decode()
        script = _script()
        values = {
            "policy": _policy(style, script),
            "title": html.escape(f"What is in the image? ({described.network})"),
            "classes": html.escape("It knows: " + ", ".join(described.class_names)),
            "version": scallion.__version__,
            "verified": html.escape(
                f"verified with {verified_with}" if verified_with else NOT_VERIFIED
            ),
            "fingerprint": described.fingerprint[:16],
            "engine": _packed(engine),
            "program": _packed(self.program),
            "statement": statement,
            "digest": hashlib.sha256(statement.encode()).hexdigest(),
            "style": style,
            "script": script,
        }
        template = _resource("page.html").decode()
        return re.sub(r"\{([a-z]+)\}", lambda found: values[found[1]], template).encode()

    def answers(self) -> Arrays:
        """Return what the page answers to the check images in Node."""
        return [run_in_node(self.encode(None))]

    def _check_pixels(self) -> bytes:
        """Return the check images as pixels from 0 to 255."""
        return (
            proof_images(self.description.input_shapes, (0.0, 255.0))[0].astype(np.uint8).tobytes()
        )


def run_in_node(page: bytes) -> np.ndarray:
    """Return what a page's own code answers to its check images. Raises ExportError."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "page.html").write_bytes(page)
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
            f"the page fails its proof: {done.stderr.strip()[-300:]}", hint="export it again"
        )
    return np.array(json.loads(done.stdout), np.float32)


def runtime() -> str | None:
    """Return Node and its version if it is installed and new enough."""
    return runtimes.node()


def is_page(path: StrPath) -> bool:
    """Return whether a path has the ending of a page."""
    return Path(path).suffix == ".html"


def verify(path: Path) -> VerificationResult:
    """Compare the answers of a page with the model's. Raises FileError for a page that fails.

    Only the page that this version of Scallion would write is run; others must be opened in a
    browser, which keeps them apart from the files of this computer.
    """
    page = read_bytes(path).decode("utf-8", "replace")
    statement = re.search(r'id="statement">(.*?)</script>', page, re.DOTALL)
    if statement is None or f"<script>{_script()}</script>" not in page:
        raise FileError("it is not a page of this version", hint="open it in a browser")
    if runtime() is None:
        raise StateError(
            "Node is not installed", hint="open the page in a browser: it proves itself"
        )
    try:
        found = run_in_node(page.encode())
    except ExportError as error:
        raise FileError(
            f"the file is not what was exported: {error.message}", hint="export the model again"
        ) from error
    return compare([json.loads(statement[1])["outputs"]], [found])


def _script() -> str:
    """Return the code of a page; what comes before `// PAGE` needs no browser."""
    parts = [_resource(name).decode() for name in ("engine.js", "resizing.js", "page.js")]
    return f"{parts[0]}{parts[1]}// PAGE\n{parts[2]}"


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


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _resource(name: str) -> bytes:
    return resources.files(_HERE).joinpath(name).read_bytes()
