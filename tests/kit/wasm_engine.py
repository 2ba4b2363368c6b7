"""The WebAssembly engine in Node: outputs of many networks from one process.

Run as a program, it computes the same outputs here, with the kernels that SCALLION_ISA names.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import numpy as np

import export_cases
import scallion
from scallion.engine.native import NativeEngine
from scallion.export.html import html_file
from scallion.graph.nested_models import flatten_nested
from scallion.models import Model

BATCH = 4

# Loads each program, and writes its outputs one after the other as float32.
_PROGRAM = """
const fs = require("fs");
const code = ["engine.js", "detector.js"].map((name) => fs.readFileSync(name, "utf8")).join("");
const Engine = new Function(`${code}; return Engine;`)();
const wasm = fs.readFileSync("engine.wasm"), cases = JSON.parse(fs.readFileSync("cases.json"));
async function main() {
  const file = fs.openSync("outputs", "w");
  for (const [number, { count, outputs }] of cases.entries()) {
    const engine = await Engine.load(wasm, fs.readFileSync(`${number}.program`));
    const { core } = engine, slots = [];
    for (let k = 0; fs.existsSync(`${number}-${k}.images`); k++) {
      const bytes = fs.readFileSync(`${number}-${k}.images`), place = engine.allocate(bytes.length);
      new Uint8Array(core.memory.buffer).set(bytes, place);
      slots.push(place);
    }
    const inputs = slots.length;
    for (const size of outputs) slots.push(engine.allocate(4 * count * size));
    const pointers = engine.allocate(4 * slots.length);
    slots.forEach((place, i) => engine.view().setUint32(pointers + 4 * i, place, true));
    engine.check(core.scallion_program_predict(
      engine.program, pointers, count, 1, pointers + 4 * inputs));
    outputs.forEach((size, k) => fs.writeSync(file,
      new Uint8Array(core.memory.buffer, slots[inputs + k], 4 * count * size)));
  }
}
main().catch((error) => { console.error(error); process.exit(1); });
"""


def outputs_in_node(models: Iterable[tuple[str, Model]], folder: Path) -> dict[str, list]:
    """Return the outputs for `export_cases.images_for` of each network by its name."""
    names, shapes, cases = [], [], []
    for number, (name, model) in enumerate(models):
        graph = flatten_nested(model.graph)
        (folder / f"{number}.program").write_bytes(NativeEngine(graph).serialize(BATCH))
        images = export_cases.images_for(model)
        for k, array in enumerate(images):
            (folder / f"{number}-{k}.images").write_bytes(array.tobytes())
        names.append(name)
        shapes.append([(len(images[0]), *one.image_shape) for one in model.outputs])
        sizes = [int(np.prod(one.image_shape)) for one in model.outputs]
        cases.append({"count": len(images[0]), "outputs": sizes})
    (folder / "cases.json").write_text(json.dumps(cases))
    for name in ("engine.js", "detector.js", "engine.wasm"):
        (folder / name).write_bytes(
            resources.files(html_file.__package__).joinpath(name).read_bytes()
        )
    subprocess.run(["node", "-e", _PROGRAM], cwd=folder, check=True)
    values = np.frombuffer((folder / "outputs").read_bytes(), "<f4")
    found, place = {}, 0
    for name, wanted in zip(names, shapes, strict=True):
        found[name] = []
        for shape in wanted:
            size = int(np.prod(shape))
            found[name].append(values[place : place + size].reshape(shape))
            place += size
    return found


def baseline_outputs(kind: str, folder: Path) -> dict[str, list]:
    """Return the outputs of the kernels `baseline` for the networks of one kind, by name."""
    kit = Path(__file__).parent
    source = Path(html_file.__file__).parents[3]
    subprocess.run(
        [sys.executable, __file__, kind, str(folder / "baseline.npz")],
        env={
            **os.environ,
            "SCALLION_ISA": "baseline",
            "PYTHONPATH": os.pathsep.join(map(str, (source, kit))),
        },
        check=True,
    )
    found: dict[str, list] = {}
    with np.load(folder / "baseline.npz") as arrays:
        for key in arrays.files:
            found.setdefault(key.rpartition("/")[0], []).append(arrays[key])
    return found


MODELS = {
    "layers": export_cases.layer_networks,
    "named": export_cases.named_networks,
    "random": export_cases.random_models,
}


def networks(kind: str) -> dict[str, Model]:
    """Return the networks of one kind by name, with the same weights in every process."""
    scallion.utils.set_random_seed(1)
    return dict(MODELS[kind]())


def main() -> None:
    kind, path = sys.argv[1:]
    arrays = {}
    for name, model in networks(kind).items():
        outputs = export_cases.predicted(model, export_cases.images_for(model))
        arrays.update({f"{name}/{number:03}": one for number, one in enumerate(outputs)})
    with Path(path).open("wb") as file:
        np.savez(file, **arrays)


if __name__ == "__main__":
    main()
