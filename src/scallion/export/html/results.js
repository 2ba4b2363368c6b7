// Predictions as cards, table and CSV. Names of classes and files are only ever set as text.
const element = (id) => document.getElementById(id);
const make = (tag, text = "", name = "") => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
};
const order = (row) => [...row.keys()].sort((a, b) => row[b] - row[a]);

const results = [];

// The most probable classes as bars.
function showBars(list, probabilities, count = 5) {
  list.replaceChildren(...order(probabilities).slice(0, count).map((label) => {
    const value = probabilities[label], entry = make("li");
    const track = make("span", "", "track"), bar = make("span", "", "bar");
    bar.style.width = `${Math.max(100 * value, 0.5)}%`;
    track.append(bar);
    entry.append(make("span", model.names[label], "name"), make("span", TEXTS.percent(value), "value"), track);
    return entry;
  }));
}

const remarks = ({ isOutlier, isUnsure }) => [
  ...(isOutlier ? [[TEXTS.unlike, TEXTS.unlikeWhy]] : []),
  ...(isUnsure ? [[TEXTS.unsure, TEXTS.unsureWhy(TEXTS.percent(model.threshold))]] : []),
];

function card(result) {
  const made = make("article"), best = order(result.probabilities)[0];
  made.id = `image-${result.number}`;
  const figure = make("figure"), layers = make("div", "", "layers"), caption = make("figcaption", TEXTS.seen);
  layers.append(drawing(result.pixels));
  figure.append(layers, caption);
  const side = make("div"), heading = make("div");
  heading.append(make("p", result.name, "file"), make("h3", model.names[best]));
  side.append(heading);
  for (const [text, why] of remarks(result)) {
    const remark = make("p", why, "why");
    remark.prepend(make("span", text, "remark"), " ");
    side.append(remark);
  }
  const list = make("ol", "", "bars"), buttons = make("div", "", "buttons");
  showBars(list, result.probabilities);
  const button = make("button", TEXTS.where, "plain"), words = make("p", "", "why");
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  words.setAttribute("role", "status");
  button.addEventListener("click", () => toggleHeatMap(button, layers, words, result));
  buttons.append(button);
  side.append(list, buttons, words);
  made.append(figure, side);
  return made;
}

// A canvas with the pixels that the network gets.
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

// Classifies pixels and shows the result first.
function addResult(name, pixels) {
  const [found] = model.classify([pixels]);
  const result = { name, pixels, number: results.length + 1, ...found };
  results.push(result);
  element("results").prepend(card(result));
}

function showResults() {
  element("several").hidden = results.length < 2;
  element("count").textContent = TEXTS.count(results.length);
  element("rows").replaceChildren(...results.map((result) => {
    const row = make("tr"), name = make("td"), link = make("a", result.name);
    const best = order(result.probabilities)[0];
    link.href = `#image-${result.number}`;
    name.append(link);
    const said = make("td");
    for (const [text] of remarks(result)) said.append(make("span", text, "remark"), " ");
    row.append(name, make("td", model.names[best]), make("td", TEXTS.percent(result.probabilities[best])), said);
    return row;
  }));
  element("table").dataset.remarks = String(results.some((result) => remarks(result).length));
  const last = results.at(-1);
  if (!last) return;
  const best = order(last.probabilities)[0];
  element("summary").textContent = TEXTS.summary(
    TEXTS.count(results.length), model.names[best], TEXTS.percent(last.probabilities[best]));
}

function removeResults() {
  results.length = 0;
  element("results").replaceChildren();
  element("summary").textContent = "";
  showResults();
  element("choose").focus();
}

// A cell of a CSV table; a spreadsheet must not take a name for a formula.
const cell = (value) => {
  if (typeof value !== "string") return value === null ? "" : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

// The table that `scallion predict --csv` prints.
function csvTable() {
  const count = Math.min(3, model.names.length), others = [];
  for (let k = 2; k <= count; k++) others.push(`class_${k}`, `probability_${k}`);
  const lines = [["image", "class", "probability", "out_of_distribution", "not_sure", ...others]];
  for (const { name, probabilities, isOutlier, isUnsure } of results) {
    const [first, ...rest] = order(probabilities).slice(0, count).map((k) => [model.names[k], probabilities[k]]);
    lines.push([name, ...first, isOutlier, isUnsure, ...rest.flat()]);
  }
  return lines.map((line) => `${line.map(cell).join(",")}\n`).join("");
}

function saveCsv() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csvTable()], { type: "text/csv" }));
  link.download = "predictions.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
