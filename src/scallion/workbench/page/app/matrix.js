// The confusion matrix, the scores per class, and the worst mistakes.
import { runPath } from "./api.js";
import { count, percent } from "./format.js";
import { html } from "./html.js";

const MOST = 30; // classes that a matrix shows

/** Rows are true classes, columns predicted ones; a cell's colour is its fraction of the row. */
export function Matrix({ names, counts }) {
  if (names.length > MOST) {
    return html`<p class="note">${count(names.length)} classes are too many for a matrix; the table below has them all.</p>`;
  }
  const cell = (row, i, value, j) => {
    const fraction = value / Math.max(1, row.reduce((sum, one) => sum + one, 0));
    const kind = i === j ? "right" : value ? "wrong" : "";
    const words = `${value} of class ${names[i]} predicted as ${names[j]}`;
    return html`<td key=${j} class=${kind} style=${{ "--share": `${Math.round(100 * Math.sqrt(fraction))}%` }} title=${words}>${value || ""}</td>`;
  };
  return html`<div class="scrolled" tabindex="0" role="region" aria-label="Confusion matrix"><table class="matrix">
    <caption>Rows: true class. Columns: predicted class.</caption>
    <thead><tr><th scope="col"><span class="hidden">True class</span></th>${names.map((name) => html`<th scope="col" key=${name}><span>${name}</span></th>`)}</tr></thead>
    <tbody>${counts.map((row, i) => html`<tr key=${i}><th scope="row">${names[i]}</th>${row.map((value, j) => cell(row, i, value, j))}</tr>`)}</tbody>
  </table></div>`;
}

/** The pairs of classes that are confused most, in words. */
export function Confused({ names, pairs }) {
  if (!pairs?.length) return html`<p>No validation image is misclassified.</p>`;
  return html`<ul class="plain">${pairs.slice(0, 5).map(
    (pair) => html`<li key=${`${pair.true}-${pair.predicted}`}><strong>${names[pair.true]}</strong> predicted as <strong>${names[pair.predicted]}</strong>: ${count(pair.images)} ${pair.images === 1 ? "image" : "images"}, ${percent(pair.fraction)} of the class</li>`,
  )}</ul>`;
}

export function ClassScores({ names, scores }) {
  return html`<details><summary>Scores per class</summary>
    <div class="scrolled" tabindex="0" role="region" aria-label="Scores per class"><table>
    <thead><tr><th>Class</th><th class="number">Precision</th><th class="number">Recall</th><th class="number">F1</th><th class="number">Images</th></tr></thead>
    <tbody>${names.map((name, i) => html`<tr key=${name}><td>${name}</td>
      <td class="number">${percent(scores.precision[i])}</td><td class="number">${percent(scores.recall[i])}</td>
      <td class="number">${percent(scores.f1[i])}</td><td class="number">${count(scores.support[i])}</td></tr>`)}</tbody>
  </table></div></details>`;
}

/** Misclassified validation images, the most confident first. */
export function Mistakes({ run, names, mistakes }) {
  return html`<ul class="mistakes">${mistakes.map((one, index) => {
    const words = `${names[one.true]}, predicted as ${names[one.predicted]} with ${percent(one.probability)}`;
    return html`<li key=${one.image}><img src=${`${runPath(run)}/mistakes/${index}`} alt=${words} width="88" height="88" loading="lazy" />
      <span><b>${names[one.predicted]}</b> ${percent(one.probability)}<br />is ${names[one.true]}</span></li>`;
  })}</ul>`;
}
