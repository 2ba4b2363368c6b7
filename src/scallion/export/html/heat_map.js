// Where the network looked: how far the probability of the first class falls where a patch hides a
// part of the image (occlusion).
const STEPS = 9;  // patches per side

// The image with a patch of its mean colour over one part.
function hide(pixels, row, column, mean) {
  const { width, height, channels } = model.rule;
  const span = (place, length) => {
    const middle = (place + 0.5) * length / STEPS, half = Math.max(0.5, length / 10);
    return [Math.max(0, Math.floor(middle - half)), Math.min(length, Math.ceil(middle + half))];
  };
  const hidden = pixels.slice(), [left, right] = span(column, width), [top, bottom] = span(row, height);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) hidden.set(mean, (y * width + x) * channels);
  }
  return hidden;
}

function meanColour(pixels, channels) {
  const sums = new Array(channels).fill(0);
  pixels.forEach((value, i) => { sums[i % channels] += value; });
  return sums.map((sum) => Math.round(sum * channels / pixels.length));
}

// Falls of the probability, one per patch; the page stays alive between batches.
async function occlusion({ pixels, probabilities }) {
  const best = order(probabilities)[0], mean = meanColour(pixels, model.rule.channels), falls = [];
  const { batch } = model.statement;
  for (let start = 0; start < STEPS * STEPS; start += batch) {
    const count = Math.min(batch, STEPS * STEPS - start);
    const patches = Array.from({ length: count }, (_, i) =>
      hide(pixels, Math.floor((start + i) / STEPS), (start + i) % STEPS, mean));
    falls.push(...model.classify(patches).map((one) => probabilities[best] - one.probabilities[best]));
    await new Promise((done) => { setTimeout(done); });
  }
  return falls;
}

// The falls as a layer over the image, smoothly enlarged.
function heatLayer(falls) {
  const small = document.createElement("canvas"), large = document.createElement("canvas");
  small.width = small.height = STEPS;
  large.width = large.height = 20 * STEPS;
  const image = small.getContext("2d").createImageData(STEPS, STEPS), most = Math.max(...falls, 0.05);
  falls.forEach((fall, i) => {
    const heat = Math.max(0, fall) / most;
    image.data.set([255, Math.round(190 - 150 * heat), 0, Math.round(215 * heat ** 0.8)], 4 * i);
  });
  small.getContext("2d").putImageData(image, 0, 0);
  const context = large.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, large.width, large.height);
  large.className = "heat";
  large.setAttribute("aria-hidden", "true");
  return large;
}

function heatWords(falls, name) {
  const most = Math.max(...falls), place = falls.indexOf(most);
  if (most < 0.01) return TEXTS.cold;
  const third = (value) => Math.min(2, Math.floor(3 * value / STEPS));
  const part = TEXTS.place(TEXTS.rows[third(Math.floor(place / STEPS))], TEXTS.columns[third(place % STEPS)]);
  return TEXTS.heat(name, Math.round(100 * most), part);
}

async function toggleHeatMap(button, layers, words, result) {
  const shows = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(shows));
  layers.querySelector(".heat")?.remove();
  words.textContent = "";
  button.textContent = shows ? TEXTS.looking : TEXTS.where;
  if (!shows) return;
  result.falls ??= occlusion(result);
  const falls = await result.falls;
  if (button.getAttribute("aria-pressed") !== "true") return;
  button.textContent = TEXTS.hide;
  layers.querySelector(".heat")?.remove();
  layers.append(heatLayer(falls));
  words.textContent = heatWords(falls, model.names[order(result.probabilities)[0]]);
}
