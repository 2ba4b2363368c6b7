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

  // Pixels (height, width, channels) of an RGBA image, as training prepared them.
  prepare({ data, width, height }) {
    const { channels, fit } = this.rule;
    const size = [this.rule.width, this.rule.height];
    let image = { pixels: channels === 1 ? grey(data) : rgb(data), width, height, channels };
    if (width === size[0] && height === size[1]) return image.pixels;
    if (fit === "stretch") return resample(image, size, [0, 0, width, height]).pixels;
    if (fit === "crop") return resample(image, size, centreBox(width, height, size)).pixels;
    return pad(image, size);
  }
}

const rgb = (data) => Uint8Array.from({ length: data.length / 4 * 3 },
  (_, i) => data[Math.floor(i / 3) * 4 + i % 3]);

// Pillow's luma: ITU-R 601-2 in 16 bits.
const grey = (data) => Uint8Array.from({ length: data.length / 4 }, (_, i) =>
  (data[4 * i] * 19595 + data[4 * i + 1] * 38470 + data[4 * i + 2] * 7471 + 0x8000) >>> 16);

const roundHalfEven = (value) => {
  const floor = Math.floor(value), rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
};

function centreBox(width, height, size) {
  const scale = Math.min(width / size[0], height / size[1]);
  const inner = [size[0] * scale, size[1] * scale];
  const left = Math.max(0, (width - inner[0]) / 2), top = Math.max(0, (height - inner[1]) / 2);
  return [left, top, Math.min(width, left + inner[0]), Math.min(height, top + inner[1])];
}

function pad(image, size) {
  const { width, height, channels } = image;
  const scale = Math.min(size[0] / width, size[1] / height);
  const inner = [width, height].map((side, i) =>
    Math.max(1, Math.min(size[i], roundHalfEven(side * scale))));
  const small = resample(image, inner, [0, 0, width, height]);
  const out = new Uint8Array(size[0] * size[1] * channels), colour = borderColour(small);
  for (let i = 0; i < out.length; i++) out[i] = colour[i % channels];
  const left = Math.floor((size[0] - inner[0]) / 2), top = Math.floor((size[1] - inner[1]) / 2);
  for (let y = 0; y < inner[1]; y++) {
    const row = small.pixels.subarray(y * inner[0] * channels, (y + 1) * inner[0] * channels);
    out.set(row, ((top + y) * size[0] + left) * channels);
  }
  return out;
}

function borderColour({ pixels, width, height, channels }) {
  const sums = new Array(channels).fill(0);
  const add = (x, y) => sums.forEach((_, c) => { sums[c] += pixels[(y * width + x) * channels + c]; });
  for (let x = 0; x < width; x++) { add(x, 0); add(x, height - 1); }
  for (let y = 0; y < height; y++) { add(0, y); add(width - 1, y); }
  return sums.map((sum) => roundHalfEven(sum / (2 * (width + height))));
}

// Pillow's bilinear resampling with antialiasing, in its fixed-point arithmetic (Resample.c).
function resample(image, size, box) {
  const { width, height, channels } = image;
  let out = image;
  if (size[0] !== width || box[0] !== 0 || box[2] !== width) {
    const lines = weights(width, box[0], box[2], size[0]);
    out = along(out, lines, size[0], height, channels, 1, width, channels);
  }
  if (size[1] !== height || box[1] !== 0 || box[3] !== height) {
    const lines = weights(height, box[1], box[3], size[1]);
    out = along(out, lines, size[0], size[1], channels, 0, size[0], channels);
  }
  return out;
}

function weights(length, first, last, out) {
  const scale = (last - first) / out, support = Math.max(scale, 1), shrink = 1 / support;
  return Array.from({ length: out }, (_, i) => {
    const centre = first + (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(length, Math.trunc(centre + support + 0.5));
    const values = [];
    for (let x = start; x < end; x++) {
      values.push(Math.max(0, 1 - Math.abs((x - centre + 0.5) * shrink)));
    }
    const sum = values.reduce((a, b) => a + b, 0);
    return { start, values: values.map((value) => Math.trunc(0.5 + value / sum * 4194304)) };
  });
}

function along({ pixels }, lines, width, height, channels, horizontal, stride) {
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { start, values } = lines[horizontal ? x : y];
      for (let c = 0; c < channels; c++) {
        let sum = 2097152;
        for (let k = 0; k < values.length; k++) {
          const place = horizontal ? y * stride + start + k : (start + k) * stride + x;
          sum += pixels[place * channels + c] * values[k];
        }
        out[(y * width + x) * channels + c] = Math.min(255, Math.floor(sum / 4194304));
      }
    }
  }
  return { pixels: out, width, height, channels };
}
