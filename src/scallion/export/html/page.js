"use strict";
// The page around the engine. Names of classes and files are only ever set as text.

const TEXTS = {
  proving: "Checking that this page answers as the model did …",
  proven: (apart) => `Proof: this browser gives the model’s answers to four check images (largest difference ${apart}).`,
  failed: (reason) => `The proof failed: ${reason}. Do not trust this page.`,
  unreadable: (name) => `${name} is not an image that this browser reads.`,
  seen: "what the network sees",
  where: "Where did it look?",
  hide: "Hide the heat map",
  count: (count) => `${count} images`,
  percent: (value) => `${(100 * value).toFixed(1)} %`,
};

const element = (id) => document.getElementById(id);
const make = (tag, text = "", name = "") => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
};

let model = null;
const results = [];

async function start() {
  const blocks = {};
  for (const id of ["engine", "program", "statement", "digest"]) blocks[id] = element(id).textContent;
  element("proof").textContent = TEXTS.proving;
  try {
    model = await Classifier.load(blocks);
    const { difference } = model.prove();
    element("proof").textContent = TEXTS.proven(difference.toExponential(0));
    element("proof").dataset.state = "proven";
    element("choose").disabled = false;
  } catch (error) {
    model = null;
    element("proof").textContent = TEXTS.failed(error.message);
    element("proof").dataset.state = "failed";
  }
}

// The pixels of an image file, upright, blended with white where it is transparent.
async function decode(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

async function classifyFiles(files) {
  if (!model) return;
  element("problem").textContent = "";
  for (const file of files) {
    try {
      const pixels = prepare(await decode(file), model.rule);
      const [probabilities] = model.classify([pixels]);
      results.push({ name: file.name || "pasted image", pixels, probabilities });
      element("results").prepend(card(results.at(-1)));
    } catch {
      element("problem").textContent = TEXTS.unreadable(file.name || "This");
    }
  }
  showTable();
}

const order = (row) => [...row.keys()].sort((a, b) => row[b] - row[a]);

function card(result) {
  const made = make("article");
  const figure = make("figure"), canvas = drawing(result.pixels);
  figure.append(canvas, make("figcaption", TEXTS.seen));
  const side = make("div");
  side.append(make("h2", model.names[order(result.probabilities)[0]]), make("p", result.name, "file"));
  const list = make("ol");
  for (const label of order(result.probabilities).slice(0, 5)) {
    const value = result.probabilities[label], entry = make("li"), bar = make("span", "", "bar");
    bar.style.width = `${Math.max(100 * value, 0.5)}%`;
    entry.append(make("span", model.names[label], "name"), make("span", TEXTS.percent(value), "value"), bar);
    list.append(entry);
  }
  const button = make("button", TEXTS.where);
  button.type = "button";
  button.addEventListener("click", () => toggleHeatMap(button, canvas, result));
  side.append(list, button);
  made.append(figure, side);
  return made;
}

function drawing(pixels) {
  const { width, height, channels } = model.rule;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", TEXTS.seen);
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels[i * channels + (channels === 3 ? c : 0)];
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// How far the probability of the first class falls where a grey patch hides a part (occlusion).
function heatMap(result) {
  const { width, height, channels } = model.rule, steps = 9;
  const best = order(result.probabilities)[0], patches = [];
  const side = [Math.max(1, Math.round(width / 5)), Math.max(1, Math.round(height / 5))];
  const mean = result.pixels.reduce((a, b) => a + b, 0) / result.pixels.length;
  const middle = (i, length) => Math.round((i + 0.5) * length / steps);
  for (let row = 0; row < steps; row++) {
    for (let column = 0; column < steps; column++) {
      const hidden = result.pixels.slice();
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const inside = Math.abs(x - middle(column, width)) <= side[0] / 2
            && Math.abs(y - middle(row, height)) <= side[1] / 2;
          if (inside) hidden.fill(mean, (y * width + x) * channels, (y * width + x + 1) * channels);
        }
      }
      patches.push(hidden);
    }
  }
  const falls = model.classify(patches).map((row) => Math.max(0, result.probabilities[best] - row[best]));
  const most = Math.max(...falls, 1e-6);
  return { steps, falls: falls.map((fall) => fall / most) };
}

function toggleHeatMap(button, canvas, result) {
  const plain = drawing(result.pixels), context = canvas.getContext("2d");
  context.drawImage(plain, 0, 0);
  const shows = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(shows));
  button.textContent = shows ? TEXTS.hide : TEXTS.where;
  if (!shows) return;
  const { steps, falls } = heatMap(result);
  falls.forEach((fall, i) => {
    context.fillStyle = `rgba(255, 80, 0, ${0.75 * fall})`;
    const [width, height] = [canvas.width / steps, canvas.height / steps];
    context.fillRect((i % steps) * width, Math.floor(i / steps) * height, width, height);
  });
}

function showTable() {
  element("several").hidden = results.length < 2;
  element("count").textContent = TEXTS.count(results.length);
  element("rows").replaceChildren(...results.map(({ name, probabilities }) => {
    const row = make("tr"), best = order(probabilities)[0];
    row.append(make("td", name), make("td", model.names[best]), make("td", TEXTS.percent(probabilities[best])));
    return row;
  }));
}

// A cell of a CSV table; a spreadsheet must not take a name for a formula.
const cell = (value) => {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

function saveCsv() {
  const lines = [["image", "class", "probability"], ...results.map(({ name, probabilities }) => {
    const best = order(probabilities)[0];
    return [name, model.names[best], probabilities[best]];
  })];
  const text = lines.map((line) => line.map((value) => typeof value === "number" ? value : cell(value)).join(",")).join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "text/csv" }));
  link.download = "predictions.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

element("choose").addEventListener("click", () => element("files").click());
element("files").addEventListener("change", (event) => {
  classifyFiles([...event.target.files]);
  event.target.value = "";
});
element("csv").addEventListener("click", saveCsv);
for (const kind of ["dragover", "drop", "dragleave"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    element("drop").dataset.over = String(kind === "dragover");
    if (kind === "drop") classifyFiles([...event.dataTransfer.files]);
  });
}
document.addEventListener("paste", (event) => classifyFiles([...event.clipboardData.files]));
start();
