"use strict";
// Answers are checked here, so that the page needs no server. The source of the page shows them.

// The value of a number or of a sum such as 10*10*12 + 4; NaN for anything else.
const evaluate = (text) => {
  const plain = text.trim().replace(/[×xX·]/g, "*").replace(/\^/g, "**").replace(/(\d)[,' ](?=\d{3}(\D|$))/g, "$1").split("=").pop().trim();
  const percent = plain.endsWith("%");
  const source = percent ? plain.slice(0, -1) : plain;
  const tokens = source.match(/\d+\.?\d*(?:e[+-]?\d+)?|\.\d+|\*\*|[-+*\/()]/gi) || [];
  if (!tokens.length || tokens.join("") !== source.replace(/\s+/g, "")) return NaN;
  let at = 0;
  const next = (...wanted) => wanted.includes(tokens[at]) ? tokens[at++] : "";
  const sum = () => { let value = product(), sign; while ((sign = next("+", "-"))) value += (sign === "-" ? -1 : 1) * product(); return value; };
  const product = () => { let value = power(), sign; while ((sign = next("*", "/"))) { const factor = power(); value = sign === "*" ? value * factor : value / factor; } return value; };
  const power = () => { if (next("-")) return -power(); const base = atom(); return next("**") ? base ** power() : base; };
  const atom = () => { if (next("(")) { const value = sum(); return next(")") ? value : NaN; } return at < tokens.length && /[\d.]/.test(tokens[at]) ? Number(tokens[at++]) : NaN; };
  const value = sum();
  return at === tokens.length ? (percent ? value / 100 : value) : NaN;
};

const show = (box, kind, text) => {
  const feedback = box.querySelector(".feedback");
  feedback.className = "feedback " + kind;
  feedback.textContent = text;
};
const store = (id, value) => { try { localStorage.setItem("scallion-" + id, value); } catch {} };
const stored = (id) => { try { return localStorage.getItem("scallion-" + id); } catch { return null; } };

const checks = {
  number: (box, question) => {
    const value = evaluate(box.querySelector("input").value);
    if (!Number.isFinite(value)) return show(box, "wrong", "Type a number, or a sum such as 10*10*12.");
    if (Math.abs(value - question.right) <= question.tolerance + 1e-9) {
      store(question.id, value);
      return show(box, "right", "Right: " + question.sum + ".");
    }
    const mistake = question.mistakes.find((known) => known.value === value);
    show(box, "wrong", mistake ? mistake.hint : question.hint || (value > question.right ? "That is too much." : "That is too little."));
  },
  choice: (box, question) => {
    const chosen = box.querySelector("input:checked");
    if (!chosen) return show(box, "wrong", "Choose one.");
    const option = question.options[Number(chosen.value)];
    if (option.right) store(question.id, chosen.value);
    show(box, option.right ? "right" : "wrong", option.right ? "Right." : option.hint || "That is not it.");
  },
  prediction: (box, question) => {
    const chosen = box.querySelector("input:checked");
    const text = chosen ? question.options[Number(chosen.value)] : (box.querySelector("textarea") || { value: "" }).value;
    if (!text) return show(box, "wrong", "Any guess will do.");
    store(question.id, text);
    show(box, "right", "Saved. Compare it with the measurement.");
    document.querySelectorAll('[data-recall="' + question.id + '"]').forEach((p) => { p.textContent = "You expected: " + text; });
  },
};
document.querySelectorAll(".question").forEach((box) => {
  const question = JSON.parse(box.dataset.question);
  const check = () => checks[question.kind](box, question);
  const button = box.querySelector("button");
  if (button) button.addEventListener("click", check);
  box.querySelectorAll("input:not([type=radio])").forEach((input) => input.addEventListener("keydown", (event) => { if (event.key === "Enter") check(); }));
});
document.querySelectorAll("[data-recall]").forEach((p) => {
  const text = stored(p.dataset.recall);
  if (text) p.textContent = "You expected: " + text;
});

// Figures with settings. Images are 28x28 bytes.
const decode = (base64) => Float32Array.from(atob(base64), (c) => c.charCodeAt(0));
const paint = (values, side, isImage) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d"), image = context.createImageData(side, side);
  let low = isImage ? 0 : Math.min(...values), high = isImage ? 255 : Math.max(...values);
  if (high <= low) high = low + 1;
  values.forEach((value, i) => { const grey = Math.round(255 * (value - low) / (high - low)); image.data.set([grey, grey, grey, 255], 4 * i); });
  context.putImageData(image, 0, 0);
  return canvas;
};
// Applies `reduce` to each window of an image; returns the results and how many there are per side.
const slide = (pixels, side, size, stride, padding, reduce) => {
  const count = Math.floor((side + padding[0] + padding[1] - size) / stride) + 1, results = [];
  for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) {
    const window = [];
    for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) {
      const row = i * stride + y - padding[0], column = j * stride + x - padding[0];
      window.push(row < 0 || column < 0 || row >= side || column >= side ? 0 : pixels[row * side + column]);
    }
    results.push(reduce(window));
  }
  return [results, count];
};
const samePadding = (side, size, stride) => {
  const total = Math.max(0, (Math.ceil(side / stride) - 1) * stride + size - side);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
};
const mean = (window) => window.reduce((sum, value) => sum + value, 0) / window.length;
const layers = {
  convolution: (pixels, { kernel, stride, padding }) => {
    const border = padding === "same" ? samePadding(28, 3, stride) : [0, 0];
    const [values, side] = slide(pixels, 28, 3, stride, border, (window) => window.reduce((sum, value, i) => sum + value * kernel[i], 0));
    return [[values, side, "result " + side + "x" + side]];
  },
  border: (pixels, { kernel_size, stride }) => [["valid", [0, 0]], ["same", samePadding(28, kernel_size, stride)]].map(([name, border]) => {
    const [values, side] = slide(pixels, 28, kernel_size, stride, border, mean);
    return [values, side, '"' + name + '" ' + side + "x" + side];
  }),
  pooling: (pixels, { pool_size, kind }) => {
    const [values, side] = slide(pixels, 28, pool_size, pool_size, [0, 0], kind === "max" ? (window) => Math.max(...window) : mean);
    return [[values, side, "pooled " + side + "x" + side]];
  },
  dropout: (pixels, { rate }) => {
    let dropped = 0;
    const values = Array.from(pixels, (value) => { if (Math.random() < rate) { dropped++; return 0; } return value / (1 - rate); });
    return [[values, 28, dropped + " of 784 dropped"]];
  },
};
document.querySelectorAll("figure[data-draw]").forEach((figure) => {
  const layer = layers[figure.dataset.draw];
  if (!layer) return;
  const images = JSON.parse(document.getElementById("images").textContent).map(decode);
  const panels = figure.querySelector(".panels"), kernels = JSON.parse(figure.dataset.kernels || "{}");
  const settings = () => {
    const found = {};
    figure.querySelectorAll("[name]").forEach((control) => { found[control.name] = control.tagName === "SELECT" ? control.value : Number(control.value); });
    found.kernel = [...figure.querySelectorAll(".kernel input")].map((input) => Number(input.value) || 0);
    return found;
  };
  const draw = () => {
    const chosen = settings(), image = images[(chosen.image || 0) % images.length];
    panels.replaceChildren();
    [[Array.from(image), 28, "image 28x28", true], ...layer(image, chosen)].forEach(([values, side, title, isImage]) => {
      const panel = document.createElement("div");
      panel.append(title, paint(values, side, isImage));
      panels.append(panel);
    });
  };
  figure.querySelectorAll("input, select").forEach((control) => control.addEventListener("input", () => {
    if (control.name === "preset" && kernels[control.value]) figure.querySelectorAll(".kernel input").forEach((input, i) => { input.value = Math.round(1000 * kernels[control.value][i]) / 1000; });
    draw();
  }));
  figure.querySelector(".controls").hidden = false;
  figure.querySelector("img").hidden = true;
  draw();
});
