// The list of runs: filter, sort, compare.
import { useEffect, useState } from "preact/hooks";
import { get, post, runPath } from "./api.js";
import { Overlay } from "./curves.js";
import { count, duration, moment, percent, unbroken } from "./format.js";
import { html } from "./html.js";
import { Empty, Loading, Problem, Status, useLoaded } from "./parts.js";

const PAGE = 100; // rows that are shown at first
const MOST = 6; // runs in one chart
const POLL = 2000; // milliseconds, while a run trains

const COLUMNS = [
  ["id", "Run", ""],
  ["data", "Data", "wide"],
  ["model", "Model", "wide"],
  ["status", "Status", ""],
  ["val_accuracy", "Validation", "number"],
  ["test_accuracy", "Test", "number wide"],
  ["epochs", "Epochs", "number wide"],
  ["seconds", "Time", "number wide"],
  ["started", "Started", "wide"],
];
const DESCENDING = new Set(["val_accuracy", "test_accuracy", "started", "epochs", "seconds"]);

function sorted(runs, { key, isDown }) {
  const rank = (run) => run[key] ?? (DESCENDING.has(key) ? -1 : "");
  const order = [...runs].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
  return isDown ? order.reverse() : order;
}

function matches(run, words) {
  const text = `${run.id} ${run.data} ${run.model} ${run.status} ${run.notes}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

export function Runs() {
  const { value, error, reload } = useLoaded(() => get("/api/runs"), "runs");
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState({ key: "started", isDown: true });
  const [chosen, setChosen] = useState([]);
  const [shown, setShown] = useState(PAGE);
  const runs = value?.runs;
  const isBusy = runs?.some((run) => run.status === "running");
  useEffect(() => {
    if (!isBusy) return undefined;
    const timer = setInterval(() => document.hidden || reload(), POLL);
    return () => clearInterval(timer);
  }, [isBusy]);
  if (error && !runs) return html`<h1>Runs</h1><${Problem} error=${error} retry=${reload} />`;
  if (!runs) return html`<h1>Runs</h1><${Loading} what="the runs" />`;
  if (!runs.length) return html`<h1>Runs</h1><${First} />`;
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = sorted(runs.filter((run) => matches(run, words)), order);
  const toggle = (id) =>
    setChosen((old) => (old.includes(id) ? old.filter((one) => one !== id) : [...old, id].slice(-MOST)));
  const sort = (key) =>
    setOrder((old) => ({ key, isDown: old.key === key ? !old.isDown : DESCENDING.has(key) }));
  return html`
    <div class="heading">
      <h1>Runs</h1>
      <a class="button primary" href="#/train">Train a network</a>
    </div>
    <${Problem} error=${error} retry=${reload} />
    ${chosen.length > 1 && html`<${Compared} ids=${chosen} onClear=${() => setChosen([])} />`}
    <p class="tools">
      <label>Filter <input type="search" value=${filter} placeholder="name, data, model, status, notes"
        onInput=${(event) => setFilter(event.target.value)} /></label>
      <span class="note" role="status">${found.length === runs.length ? `${count(runs.length)} ${runs.length === 1 ? "run" : "runs"}` : `${count(found.length)} of ${count(runs.length)} runs`}${chosen.length < 2 ? "; tick two or more to compare" : ""}</span>
    </p>
    ${found.length === 0 && html`<p class="note">No run matches this filter.</p>`}
    ${found.length > 0 && html`<div class="scrolled" tabindex="0" role="region" aria-label="Runs"><table class="runs">
      <thead><tr>
        <th class="tick"><span class="hidden">Compare</span></th>
        ${COLUMNS.map(([key, title, kind]) => html`<th key=${key} class=${kind}
            aria-sort=${order.key !== key ? "none" : order.isDown ? "descending" : "ascending"}>
            <button type="button" onClick=${() => sort(key)}>${title}${order.key === key ? (order.isDown ? " ↓" : " ↑") : ""}</button>
          </th>`)}
      </tr></thead>
      <tbody>
        ${found.slice(0, shown).map((run) => html`<${Row} key=${run.id} run=${run} isChosen=${chosen.includes(run.id)} onToggle=${() => toggle(run.id)} />`)}
      </tbody>
    </table></div>`}
    ${found.length > shown && html`<p><button type="button" onClick=${() => setShown(shown + 500)}>Show more of ${count(found.length - shown)}</button></p>`}
  `;
}

function Row({ run, isChosen, onToggle }) {
  return html`<tr class=${isChosen ? "chosen" : ""}>
    <td class="tick"><input type="checkbox" checked=${isChosen} onChange=${onToggle} aria-label=${`Compare ${run.id}`} /></td>
    <td class="name"><a href=${`#/runs/${encodeURIComponent(run.id)}`}>${run.id}</a>${run.notes && html`<small>${run.notes.slice(0, 80)}</small>`}</td>
    <td class="wide">${run.data}</td>
    <td class="wide">${run.model}</td>
    <td><${Status} value=${run.status} /></td>
    <td class="number">${percent(run.val_accuracy)}</td>
    <td class="number wide">${percent(run.test_accuracy)}</td>
    <td class="number wide">${run.epochs === run.planned ? count(run.epochs) : `${count(run.epochs)} of ${count(run.planned)}`}</td>
    <td class="number wide">${duration(run.seconds)}</td>
    <td class="wide nowrap">${moment(run.started)}</td>
  </tr>`;
}

function Compared({ ids, onClear }) {
  const load = () => Promise.all(ids.map((id) => get(runPath(id))));
  const { value, error, reload } = useLoaded(load, ids.join("|"));
  return html`<section class="panel" aria-label="Comparison">
    <div class="heading"><h2>${ids.length} runs compared</h2>
      <button type="button" class="quiet" onClick=${onClear}>Clear</button></div>
    <${Problem} error=${error} retry=${reload} />
    ${value ? html`<${Overlay} runs=${value} />` : html`<${Loading} what="the curves" />`}
    <${Verdict} ids=${ids} key=${ids.join("|")} />
  </section>`;
}

/** Whether runs differ by more than chance, in words. */
function Verdict({ ids }) {
  const [state, setState] = useState({ found: null, error: null, isBusy: false });
  const compare = async () => {
    setState({ found: null, error: null, isBusy: true });
    try {
      setState({ found: await post("/api/compare", { runs: ids }), error: null, isBusy: false });
    } catch (error) {
      setState({ found: null, error, isBusy: false });
    }
  };
  if (state.found) return html`<ul class="plain">${state.found.sentences.map((text) => html`<li key=${text}>${unbroken(text)}</li>`)}</ul>`;
  return html`<${Problem} error=${state.error} />
    <p><button type="button" disabled=${state.isBusy} onClick=${compare}>${state.isBusy ? "Comparing …" : "Which is better?"}</button>
    <span class="note"> on the validation images, and whether by more than chance</span></p>`;
}

const First = () => html`<${Empty} title="Nothing has been trained here yet">
  <p>Train a first network: choose images, see how long it will take, and start. It needs no
  internet connection.</p>
  <p><a class="button primary" href="#/train">Train a first network</a></p>
<//>`;
