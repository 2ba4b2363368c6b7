"use strict";
// Answers are compared here, so that the page needs no server; they are no secret to who looks.
const number = (text) => {
  const plain = text.trim().replace(/[×xX·]/g, "*").replace(/(\d)[,' ](?=\d{3}(\D|$))/g, "$1").split("=").pop();
  if (plain.includes("//") || !/^[\d\s.+*\/()%-]+$/.test(plain) || !/\d/.test(plain)) return NaN;
  const share = plain.trim().endsWith("%");
  try { return Function("return (" + plain.replace("%", "") + ")")() / (share ? 100 : 1); } catch { return NaN; }
};
const say = (box, kind, words) => { const v = box.querySelector(".verdict"); v.className = "verdict " + kind; v.textContent = words; };
const keep = (id, value) => { try { localStorage.setItem("scallion-" + id, value); } catch {} };
document.querySelectorAll(".question").forEach((box) => {
  const q = JSON.parse(box.dataset.question);
  const check = () => {
    if (q.kind === "number") {
      const value = number(box.querySelector("input").value);
      if (!Number.isFinite(value)) return say(box, "wrong", "A number, or a sum such as 10*10*12.");
      if (Math.abs(value - q.right) <= q.tolerance + 1e-9) { keep(q.id, value); return say(box, "right", "Right: " + q.sum + "."); }
      const slip = q.mistakes.find((m) => m.value === value);
      say(box, "wrong", slip ? slip.hint : q.hint || (value > q.right ? "That is too much." : "That is too little."));
    } else if (q.kind === "choice") {
      const chosen = box.querySelector("input:checked");
      if (!chosen) return say(box, "wrong", "Choose one.");
      const option = q.options[Number(chosen.value)];
      if (option.right) keep(q.id, chosen.value);
      say(box, option.right ? "right" : "wrong", option.right ? "Right." : option.hint || "That is not it.");
    } else {
      const chosen = box.querySelector("input:checked");
      const words = chosen ? q.options[Number(chosen.value)] : (box.querySelector("textarea") || { value: "" }).value;
      if (!words) return say(box, "wrong", "A guess will do.");
      keep(q.id, words); say(box, "right", "Kept. Compare it with what is measured.");
      document.querySelectorAll('[data-recall="' + q.id + '"]').forEach((p) => { p.textContent = "You expected: " + words; });
    }
  };
  const button = box.querySelector("button");
  if (button) button.addEventListener("click", check);
  box.querySelectorAll("input:not([type=radio])").forEach((i) => i.addEventListener("keydown", (e) => { if (e.key === "Enter") check(); }));
});
document.querySelectorAll("[data-recall]").forEach((p) => {
  try { const kept = localStorage.getItem("scallion-" + p.dataset.recall); if (kept) p.textContent = "You expected: " + kept; } catch {}
});
const bytes = (text) => Float32Array.from(atob(text), (c) => c.charCodeAt(0));
const paint = (values, side, fixed) => {
  const canvas = document.createElement("canvas"); canvas.width = canvas.height = side;
  const context = canvas.getContext("2d"), image = context.createImageData(side, side);
  let low = fixed ? 0 : Math.min(...values), high = fixed ? 255 : Math.max(...values);
  if (high <= low) high = low + 1;
  values.forEach((v, i) => { const g = Math.round(255 * (v - low) / (high - low)); image.data.set([g, g, g, 255], 4 * i); });
  context.putImageData(image, 0, 0); return canvas;
};
const slide = (pixels, side, window, stride, pad, at) => {
  const places = Math.floor((side + pad[0] + pad[1] - window) / stride) + 1, out = [];
  for (let r = 0; r < places; r++) for (let c = 0; c < places; c++) {
    const seen = [];
    for (let y = 0; y < window; y++) for (let x = 0; x < window; x++) {
      const row = r * stride + y - pad[0], column = c * stride + x - pad[0];
      seen.push(row < 0 || column < 0 || row >= side || column >= side ? 0 : pixels[row * side + column]);
    }
    out.push(at(seen));
  }
  return [out, places];
};
const same = (side, window, stride) => { const total = Math.max(0, (Math.ceil(side / stride) - 1) * stride + window - side); return [Math.floor(total / 2), total - Math.floor(total / 2)]; };
const effects = {
  convolution: (p, n) => { const pad = n.padding === "same" ? same(28, 3, n.stride) : [0, 0];
    const [out, side] = slide(p, 28, 3, n.stride, pad, (seen) => seen.reduce((s, v, i) => s + v * n.kernel[i], 0));
    return [[out, side, "result " + side + "x" + side]]; },
  border: (p, n) => [["valid", [0, 0]], ["same", same(28, n.kernel_size, n.stride)]].map(([name, pad]) => {
    const [out, side] = slide(p, 28, n.kernel_size, n.stride, pad, (seen) => seen.reduce((s, v) => s + v, 0) / seen.length);
    return [out, side, '"' + name + '" ' + side + "x" + side]; }),
  pooling: (p, n) => { const [out, side] = slide(p, 28, n.pool_size, n.pool_size, [0, 0], (seen) => n.kind === "max" ? Math.max(...seen) : seen.reduce((s, v) => s + v, 0) / seen.length);
    return [[out, side, "pooled " + side + "x" + side]]; },
  dropout: (p, n) => { let dropped = 0; const out = Array.from(p, (v) => { if (Math.random() < n.rate) { dropped++; return 0; } return v / (1 - n.rate); });
    return [[out, 28, dropped + " of 784 dropped"]]; },
};
document.querySelectorAll("figure[data-draw]").forEach((figure) => {
  const draw = effects[figure.dataset.draw]; if (!draw) return;
  const images = JSON.parse(document.getElementById("images").textContent).map(bytes);
  const panels = figure.querySelector(".panels"), read = () => {
    const n = {}; figure.querySelectorAll("[name]").forEach((i) => { n[i.name] = i.tagName === "SELECT" ? i.value : Number(i.value); });
    const kernel = [...figure.querySelectorAll(".kernel input")].map((i) => Number(i.value) || 0);
    if (kernel.length) n.kernel = kernel;
    return n; };
  const show = () => { const n = read(), p = images[(n.image || 0) % images.length]; panels.replaceChildren();
    [[Array.from(p), 28, "image 28x28", true], ...draw(p, n)].forEach(([values, side, title, fixed]) => {
      const box = document.createElement("div"); box.append(title, paint(values, side, fixed)); panels.append(box); }); };
  const kernels = JSON.parse(figure.dataset.kernels || "{}");
  figure.querySelectorAll("input, select").forEach((i) => i.addEventListener("input", () => {
    if (i.name === "known" && kernels[i.value]) figure.querySelectorAll(".kernel input").forEach((box, k) => { box.value = Math.round(1000 * kernels[i.value][k]) / 1000; });
    show(); }));
  figure.querySelector(".controls").hidden = false; figure.querySelector("img").hidden = true; show();
});
