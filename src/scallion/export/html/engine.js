// The engine in the page: WebAssembly, preprocessing as in training, and the verification. No DOM here,
// so that Node runs the same code.

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function unpack(text) {
  const packed = new Blob([bytesOf(text)]).stream();
  const stream = packed.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Bytes that were sorted by their place in a group of four, in which form floats compress better.
function joinPlanes(sorted) {
  const out = new Uint8Array(sorted.length), count = Math.floor(sorted.length / 4);
  for (let plane = 0; plane < 4; plane++) {
    for (let i = 0; i < count; i++) out[4 * i + plane] = sorted[plane * count + i];
  }
  out.set(sorted.subarray(4 * count), 4 * count);
  return out;
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Engine {
  // Loads the engine and its program: a network with its weights.
  static async load(wasm, program) {
    const engine = new Engine();
    const done = () => 0;
    const environment = (count, size) => {
      engine.view().setUint32(count, 0, true);
      engine.view().setUint32(size, 0, true);
      return 0;
    };
    const system = {
      environ_get: done, environ_sizes_get: environment, fd_close: done, fd_seek: done,
      fd_write: done, proc_exit: () => { throw new Error("the engine stopped"); },
    };
    const made = await WebAssembly.instantiate(wasm, { wasi_snapshot_preview1: system });
    engine.core = made.instance.exports;
    engine.core._initialize();
    const place = engine.allocate(program.length);
    new Uint8Array(engine.core.memory.buffer).set(program, place);
    const handle = engine.allocate(4);
    engine.check(engine.core.scallion_program_load(place, program.length, 1, handle));
    engine.program = engine.view().getUint32(handle, true);
    engine.core.free(place);
    return engine;
  }

  view() { return new DataView(this.core.memory.buffer); }

  allocate(size) {
    const place = this.core.malloc(size);
    if (!place) throw new Error("the memory is full");
    return place;
  }

  check(status) {
    if (!status) return;
    const bytes = new Uint8Array(this.core.memory.buffer, this.core.scallion_last_error());
    throw new Error(new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0))));
  }

  // Outputs for images, float32 one after the other: per output, an array of `sizes` per image.
  predict(images, count, sizes) {
    const input = this.allocate(images.byteLength), pointers = this.allocate(4 + 4 * sizes.length);
    const outputs = sizes.map((size) => this.allocate(4 * count * size));
    new Float32Array(this.core.memory.buffer, input, images.length).set(images);
    [input, ...outputs].forEach((place, i) => this.view().setUint32(pointers + 4 * i, place, true));
    try {
      this.check(this.core.scallion_program_predict(this.program, pointers, count, 1, pointers + 4));
      return sizes.map((size, k) => {
        const found = new Float32Array(this.core.memory.buffer, outputs[k], count * size).slice();
        return Array.from({ length: count }, (_, i) => found.subarray(i * size, (i + 1) * size));
      });
    } finally {
      for (const place of [input, pointers, ...outputs]) this.core.free(place);
    }
  }
}

// A model as the page uses it. `blocks` are the texts of the page's data blocks.
class Classifier {
  static async load(blocks) {
    const model = new Classifier();
    const wasm = await unpack(blocks.engine), program = joinPlanes(await unpack(blocks.program));
    model.statement = JSON.parse(blocks.statement);
    model.engine = await Engine.load(wasm, program);
    model.digests = {
      engine_sha256: await sha256(wasm),
      program_sha256: await sha256(program),
      statement: await sha256(new TextEncoder().encode(blocks.statement)),
    };
    model.expected = blocks.digest.trim();
    const about = model.statement.description, { detector } = model.statement;
    model.names = about.class_names;
    model.rule = about.preprocessing.resize_rule;
    [model.low, model.high] = about.pixel_range;
    model.size = model.rule.height * model.rule.width * model.rule.channels;
    model.detector = detector ? new Detector(detector) : null;
    model.threshold = model.statement.abstention?.probability ?? null;
    return model;
  }

  // Predictions for images as uint8 pixels, in batches: probabilities, `isOutlier` and `isUnsure`,
  // which are null where the model does not know.
  classify(pixels) {
    const found = [], sizes = [this.names.length];
    if (this.detector) sizes.push(this.detector.features.size);
    for (let start = 0; start < pixels.length; start += this.statement.batch) {
      const part = pixels.slice(start, start + this.statement.batch);
      const images = new Float32Array(part.length * this.size);
      const scale = (this.high - this.low) / 255;
      for (let i = 0, place = 0; i < part.length; i++) {
        for (let j = 0; j < this.size; j++) images[place++] = this.low + part[i][j] * scale;
      }
      const [rows, features] = this.engine.predict(images, part.length, sizes);
      rows.forEach((probabilities, i) => {
        const image = images.subarray(i * this.size, (i + 1) * this.size);
        found.push({
          probabilities,
          isOutlier: this.detector && this.detector.isOutlier(features[i], image, this.rule),
          isUnsure: this.threshold === null ? null : Math.max(...probabilities) < this.threshold,
        });
      });
    }
    return found;
  }

  // Whether this file is what was exported and gives the model's outputs here: the difference, or an error.
  verify() {
    const { statement, digests } = this;
    const changed = digests.statement !== this.expected
      || digests.program_sha256 !== statement.program_sha256
      || digests.engine_sha256 !== statement.engine_sha256;
    if (changed) throw new Error(TEXTS.changed);
    const bytes = bytesOf(statement.check_images);
    const wanted = statement.outputs;
    const images = wanted.map((_, i) => bytes.slice(i * this.size, (i + 1) * this.size));
    const found = this.classify(images);
    let difference = 0, largest = 1e-12;
    wanted.forEach((row, i) => row.forEach((value, j) => {
      largest = Math.max(largest, Math.abs(value));
      difference = Math.max(difference, Math.abs(value - found[i].probabilities[j]));
    }));
    if (!(difference <= statement.tolerance * largest)) throw new Error(TEXTS.differs);
    return { difference: difference / largest, outputs: found.map((one) => [...one.probabilities]) };
  }
}
