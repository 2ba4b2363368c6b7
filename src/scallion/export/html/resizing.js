// Pixels as training prepared them: the values of Pillow's bilinear resampling with antialiasing
// (Resample.c), in its fixed-point arithmetic. No DOM here, so that Node runs the same code.

// Pixels (height, width, channels) of an RGBA image, prepared by a resize rule.
function prepare({ data, width, height }, rule) {
  const { channels, fit } = rule, size = [rule.width, rule.height];
  const image = { pixels: channels === 1 ? grey(data) : rgb(data), width, height, channels };
  if (width === size[0] && height === size[1]) return image.pixels;
  if (fit === "stretch") return resample(image, size, [0, 0, width, height]).pixels;
  if (fit === "crop") return resample(image, size, centreBox(width, height, size)).pixels;
  return pad(image, size);
}

// A JPEG in the size at which training decodes it: an eighth, a quarter, three eighths or half of
// its size, as long as both sides keep the longer side of the rule. The decoder's short inverse
// transforms give means of its pixels; at three eighths, the lowest of each block's frequencies.
function reduceJpeg(image, rule) {
  const { width, height } = image, least = Math.max(rule.width, rule.height);
  for (const eighths of [1, 2, 3, 4]) {
    if (eighths === 3 && (width % 8 || height % 8)) continue;
    const sides = [width, height].map((side) => Math.ceil(side * eighths / 8));
    if (Math.min(...sides) >= least) return reduceBlocks(image, sides, blockRows(eighths));
  }
  return image;
}

// The rows of the matrix that turns the eight pixels of a block into `eighths`.
function blockRows(eighths) {
  return Array.from({ length: eighths }, (_, i) => Array.from({ length: 8 }, (_, x) => {
    if (eighths !== 3) return Math.floor(x * eighths / 8) === i ? eighths / 8 : 0;
    let sum = 1 / 8;
    for (let k = 1; k < 3; k++) {
      sum += Math.cos((2 * i + 1) * k * Math.PI / 6) * Math.cos((2 * x + 1) * k * Math.PI / 16) / 4;
    }
    return sum;
  }));
}

function reduceBlocks({ data, width, height }, [across, down], rows) {
  const count = rows.length, out = new Uint8ClampedArray(4 * across * down);
  const half = new Float64Array(4 * across * height);
  const add = (target, place, source, at, weight) => {
    for (let c = 0; c < 4; c++) target[place + c] += weight * source[at + c];
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < across; x++) {
      rows[x % count].forEach((weight, k) => {
        const column = Math.min(width - 1, 8 * Math.floor(x / count) + k);
        if (weight) add(half, 4 * (y * across + x), data, 4 * (y * width + column), weight);
      });
    }
  }
  const sums = new Float64Array(4);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      sums.fill(0);
      rows[y % count].forEach((weight, k) => {
        const row = Math.min(height - 1, 8 * Math.floor(y / count) + k);
        if (weight) add(sums, 0, half, 4 * (row * across + x), weight);
      });
      out.set(sums, 4 * (y * across + x));
    }
  }
  return { data: out, width: across, height: down };
}

function rgb(data) {
  const out = new Uint8Array(data.length / 4 * 3);
  for (let i = 0, k = 0; i < data.length; i += 4) {
    out[k++] = data[i]; out[k++] = data[i + 1]; out[k++] = data[i + 2];
  }
  return out;
}

// Pillow's luma: ITU-R 601-2 in 16 bits.
function grey(data) {
  const out = new Uint8Array(data.length / 4);
  for (let i = 0, k = 0; i < data.length; i += 4) {
    out[k++] = (data[i] * 19595 + data[i + 1] * 38470 + data[i + 2] * 7471 + 0x8000) >>> 16;
  }
  return out;
}

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

// The box of an image in another size: first the rows, then the columns, as ResizeRule does it.
function resample(image, size, box) {
  const { width, height } = image;
  let out = image;
  if (size[0] !== width || box[0] !== 0 || box[2] !== width) {
    out = resampleRows(out, weights(width, box[0], box[2], size[0]));
  }
  if (size[1] !== height || box[1] !== 0 || box[3] !== height) {
    out = resampleColumns(out, weights(height, box[1], box[3], size[1]));
  }
  return out;
}

// Weights in 22 bits of each output pixel. Pillow keeps the box in single precision.
function weights(length, first, last, out) {
  const start = Math.fround(first), scale = Math.fround(Math.fround(last) - start) / out;
  const support = Math.max(scale, 1), shrink = 1 / support;
  return Array.from({ length: out }, (_, i) => {
    const centre = start + (i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const to = Math.min(length, Math.trunc(centre + support + 0.5));
    const values = [];
    for (let x = from; x < to; x++) {
      values.push(Math.max(0, 1 - Math.abs((x - centre + 0.5) * shrink)));
    }
    const sum = values.reduce((a, b) => a + b, 0);
    return { from, values: Int32Array.from(values, (value) => 0.5 + value / sum * 4194304) };
  });
}

function resampleRows({ pixels, width, height, channels }, lines) {
  const out = new Uint8Array(lines.length * height * channels);
  let place = 0;
  for (let y = 0; y < height; y++) {
    for (const { from, values } of lines) {
      for (let c = 0; c < channels; c++) {
        let sum = 2097152, at = (y * width + from) * channels + c;
        for (let k = 0; k < values.length; k++, at += channels) sum += pixels[at] * values[k];
        out[place++] = Math.min(255, sum >> 22);
      }
    }
  }
  return { pixels: out, width: lines.length, height, channels };
}

function resampleColumns({ pixels, width, channels }, lines) {
  const row = width * channels, out = new Uint8Array(lines.length * row);
  let place = 0;
  for (const { from, values } of lines) {
    for (let i = 0; i < row; i++) {
      let sum = 2097152, at = from * row + i;
      for (let k = 0; k < values.length; k++, at += row) sum += pixels[at] * values[k];
      out[place++] = Math.min(255, sum >> 22);
    }
  }
  return { pixels: out, width, height: lines.length, channels };
}
