"use strict";
// The engine in the page: WebAssembly, preprocessing as in training, and the proof. No DOM here, so
// that Node runs the same code.

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function unpack(text) {
  const packed = new Blob([bytesOf(text)]).stream();
  const stream = packed.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
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

  // Probabilities of images, float32 one after the other: an array of `classes` per image.
  predict(images, count, classes) {
    const input = this.allocate(images.byteLength), output = this.allocate(4 * count * classes);
    const pointers = this.allocate(8);
    new Float32Array(this.core.memory.buffer, input, images.length).set(images);
    this.view().setUint32(pointers, input, true);
    this.view().setUint32(pointers + 4, output, true);
    try {
      this.check(this.core.scallion_program_predict(this.program, pointers, count, 1, pointers + 4));
      const found = new Float32Array(this.core.memory.buffer, output, count * classes).slice();
      return Array.from({ length: count }, (_, i) => found.slice(i * classes, (i + 1) * classes));
    } finally {
      for (const place of [input, output, pointers]) this.core.free(place);
    }
  }
}

// A model as the page uses it. `blocks` are the texts of the page's data blocks.
class Classifier {
  static async load(blocks) {
    const model = new Classifier();
    const wasm = await unpack(blocks.engine), program = await unpack(blocks.program);
    model.statement = JSON.parse(blocks.statement);
    model.engine = await Engine.load(wasm, program);
    model.digests = {
      engine_sha256: await sha256(wasm),
      program_sha256: await sha256(program),
      statement: await sha256(new TextEncoder().encode(blocks.statement)),
    };
    model.expected = blocks.digest.trim();
    const about = model.statement.description;
    model.names = about.class_names;
    model.rule = about.preprocessing.resize_rule;
    [model.low, model.high] = about.pixel_range;
    model.size = model.rule.height * model.rule.width * model.rule.channels;
    return model;
  }

  // Probabilities of images as uint8 pixels, in batches.
  classify(pixels) {
    const found = [];
    for (let start = 0; start < pixels.length; start += this.statement.batch) {
      const part = pixels.slice(start, start + this.statement.batch);
      const images = new Float32Array(part.length * this.size);
      const scale = (this.high - this.low) / 255;
      part.forEach((one, i) => one.forEach((value, j) => {
        images[i * this.size + j] = this.low + value * scale;
      }));
      found.push(...this.engine.predict(images, part.length, this.names.length));
    }
    return found;
  }

  // Whether this file is what was exported and answers here as the model did: a difference, or an error.
  prove() {
    const { statement, digests } = this;
    const changed = digests.statement !== this.expected
      || digests.program_sha256 !== statement.program_sha256
      || digests.engine_sha256 !== statement.engine_sha256;
    if (changed) throw new Error("a weight, a class name or a preprocessing step has changed");
    const bytes = bytesOf(statement.check_images);
    const wanted = statement.outputs;
    const images = wanted.map((_, i) => bytes.slice(i * this.size, (i + 1) * this.size));
    const found = this.classify(images);
    let difference = 0, largest = 1e-12;
    wanted.forEach((row, i) => row.forEach((value, j) => {
      largest = Math.max(largest, Math.abs(value));
      difference = Math.max(difference, Math.abs(value - found[i][j]));
    }));
    if (!(difference <= statement.tolerance * largest)) throw new Error("the answers differ");
    return { difference: difference / largest, outputs: found.map((row) => [...row]) };
  }
}
