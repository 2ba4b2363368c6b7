// Start a training: data, network, time; what to expect; the command for it.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, post } from "./api.js";
import { bytes, count, duration, shape } from "./format.js";
import { html } from "./html.js";
import { Copied, Findings, Loading, Problem, useLoaded } from "./parts.js";
import { waitForJob } from "./run.js";

const MINUTES = [0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120];
const MOST_CLASSES = 20; // that are listed
const PAUSE = 600; // milliseconds after the last change, before the forecast
const KINDS = { folder: "Your folders", arrays: "Your arrays", set: "Data sets" };
const DEFAULTS = {
  data: "", model: "auto", length: "own", minutes: 2, epochs: "", augment: "own", balance: false,
  seed: 42, limit: "", batch_size: "", learning_rate: "",
};

/** The request for a form; empty fields are the model's own defaults. */
function requestOf(form) {
  const request = { data: form.data, model: form.model, augment: form.augment, balance: form.balance, seed: Number(form.seed) };
  for (const name of ["limit", "batch_size", "learning_rate"]) {
    if (form[name] !== "") request[name] = Number(form[name]);
  }
  if (form.length === "minutes") request.minutes = form.minutes;
  if (form.length === "epochs" && form.epochs !== "") request.epochs = Number(form.epochs);
  return request;
}

export function Train({ about }) {
  const { value, error, reload } = useLoaded(() => get("/api/data"), "data");
  const [form, setForm] = useState(DEFAULTS);
  const [job, setJob] = useState(null);
  const [problem, setProblem] = useState(null);
  const forecast = useForecast(form);
  const change = (name, to) => setForm((old) => ({ ...old, [name]: to }));
  const entries = value?.data;
  useEffect(() => {
    if (entries && !form.data) change("data", (entries.find((one) => one.available) ?? { id: "" }).id);
  }, [entries]);
  if (error && !entries) return html`<h1>Train</h1><${Problem} error=${error} retry=${reload} />`;
  if (!entries) return html`<h1>Train</h1><${Loading} what="your folders" />`;
  const start = async (event) => {
    event.preventDefault();
    setProblem(null);
    try {
      const found = await waitForJob(await post("/api/train", requestOf(form)), setJob);
      location.hash = found.run ? `#/runs/${encodeURIComponent(found.run)}` : "#/runs";
    } catch (caught) {
      setProblem(caught);
      setJob(null);
    }
  };
  const chosen = entries.find((one) => one.id === form.data);
  return html`<h1>Train</h1>
    <p class="lead">Choose images and a network. The time and the memory are forecast from a short measurement before the training starts.</p>
    <form class="columns" onSubmit=${start}>
      <div>
        <${DataChoice} entries=${entries} chosen=${chosen} folder=${about.folder} onChange=${(id) => change("data", id)} onReload=${reload} />
        <${NetworkChoice} models=${about.models} form=${form} change=${change} />
        <${LengthChoice} form=${form} change=${change} />
        <${More} form=${form} change=${change} />
      </div>
      <aside class="panel" aria-label="Forecast">
        <h2>Forecast</h2>
        <${Expected} forecast=${forecast} />
        <${Problem} error=${problem} />
        <p><button class="primary large" disabled=${!form.data || job !== null}>${job ? "Starting …" : "Start the training"}</button></p>
        ${job && html`<${Starting} job=${job} />`}
        ${forecast.value && html`<p class="note">The same in a terminal:</p><${Copied} text=${forecast.value.command} label="the command" />`}
      </aside>
    </form>`;
}

/** A hook: the forecast of a form, measured again a moment after the last change. */
function useForecast(form) {
  const [state, setState] = useState({ value: null, error: null, isBusy: false });
  const latest = useRef(0);
  const request = JSON.stringify(requestOf(form));
  useEffect(() => {
    if (!form.data) return undefined;
    const own = ++latest.current;
    setState((old) => ({ ...old, error: null, isBusy: true }));
    const timer = setTimeout(async () => {
      let found;
      try {
        found = { value: await post("/api/forecast", JSON.parse(request)), error: null, isBusy: false };
      } catch (error) {
        found = { value: null, error, isBusy: false };
      }
      if (own === latest.current) setState(found);
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [request]);
  return state;
}

function DataChoice({ entries, chosen, folder, onChange, onReload }) {
  const groups = Object.keys(KINDS).filter((kind) => entries.some((one) => one.kind === kind));
  const hasOwn = groups.length > 1;
  return html`<fieldset><legend>Images</legend>
    <label>Data <select value=${chosen?.id} onChange=${(event) => onChange(event.target.value)}>
      ${groups.map((kind) => html`<optgroup key=${kind} label=${KINDS[kind]}>
        ${entries.filter((one) => one.kind === kind).map((one) => html`<option key=${one.id} value=${one.id} disabled=${!one.available} selected=${one.id === chosen?.id}>${one.title}${one.available ? "" : " (not on this machine)"}</option>`)}
      </optgroup>`)}
    </select></label>
    ${chosen && html`<${Classes} entry=${chosen} key=${chosen.id} />`}
    ${!hasOwn && html`<div class="hint"><p>For images of your own, put them into one folder per class, below the folder that this page shows:</p>
      <pre><code>${["cat/1.jpg", "cat/2.jpg", "dog/1.jpg"].map((name) => `${folder}/photos/${name}`).join("\n")}</code></pre><p><button type="button" onClick=${onReload}>Reload the folders</button></p></div>`}
  </fieldset>`;
}

function Classes({ entry }) {
  const { value } = useLoaded(() => get(`/api/data/${entry.id}/examples`), entry.id);
  const examples = new Map(value?.classes ?? []);
  const names = entry.classes.length ? entry.classes : [...examples.keys()].map((name) => [name, null]);
  const total = entry.images === null ? "" : `${count(entry.images)} images in `;
  const classes = Math.max(entry.class_count, names.length);
  return html`<p class="note">${total}${classes ? `${count(classes)} classes` : "reading …"}</p>
    <table class="counts"><tbody>${names.slice(0, MOST_CLASSES).map(
      ([name, images]) => html`<tr key=${name}><th scope="row">${name}</th>
        <td><span class="examples">${(examples.get(name) ?? []).map((png, index) => html`<img key=${index} src=${`data:image/png;base64,${png}`} alt="" width="40" height="40" />`)}</span></td>
        <td class="number">${images === null ? "" : count(images)}</td></tr>`,
    )}</tbody></table>
    ${classes > MOST_CLASSES && html`<p class="note">and ${count(classes - MOST_CLASSES)} more</p>`}`;
}

function NetworkChoice({ models, form, change }) {
  const chosen = models.find((one) => one.name === form.model);
  return html`<fieldset><legend>Network</legend>
    <label>Model <select value=${form.model} onChange=${(event) => change("model", event.target.value)}>
      ${models.map((one) => html`<option key=${one.name} value=${one.name}>${one.name}</option>`)}
    </select></label>
    <p class="note">${chosen?.title}</p>
  </fieldset>`;
}

function LengthChoice({ form, change }) {
  const index = Math.max(0, MINUTES.indexOf(form.minutes));
  const radio = (value, text) => html`<label class="choice"><input type="radio" name="length" value=${value} checked=${form.length === value} onChange=${() => change("length", value)} /> ${text}</label>`;
  const words = form.minutes < 1 ? "30 seconds" : form.minutes === 1 ? "1 minute" : form.minutes < 60 ? `${form.minutes} minutes` : `${form.minutes / 60} ${form.minutes === 60 ? "hour" : "hours"}`;
  return html`<fieldset><legend>Length</legend>
    ${radio("own", "As many epochs as the model's recipe says")}
    ${radio("minutes", "For a time that I choose")}
    ${form.length === "minutes" && html`<label class="slider">Time <input type="range" min="0" max=${MINUTES.length - 1} value=${index} aria-valuetext=${words} onInput=${(event) => change("minutes", MINUTES[event.target.value])} /><output>${words}</output></label>`}
    ${radio("epochs", "A number of epochs")}
    ${form.length === "epochs" && html`<label>Epochs <input type="number" min="1" max="100000" value=${form.epochs} onInput=${(event) => change("epochs", event.target.value)} /></label>`}
  </fieldset>`;
}

function More({ form, change }) {
  const field = (name, title, more) => html`<label>${title} <input type="number" value=${form[name]} placeholder="the model's" onInput=${(event) => change(name, event.target.value)} ...${more} /></label>`;
  return html`<details><summary>More settings</summary>
    <fieldset class="grid"><legend class="hidden">More settings</legend>
      <label>Augmentation <select value=${form.augment} onChange=${(event) => change("augment", event.target.value)}>
        <option value="own">the model's own</option><option value="none">none</option><option value="light">light</option><option value="strong">strong</option></select></label>
      ${field("batch_size", "Batch size", { min: 1 })}
      ${field("learning_rate", "Learning rate", { min: 0, step: "any" })}
      ${field("limit", "Only the first images", { min: 1, placeholder: "all" })}
      ${field("seed", "Seed", { min: 0, required: true })}
      <label class="choice"><input type="checkbox" checked=${form.balance} onChange=${(event) => change("balance", event.target.checked)} /> Weight classes inversely to their frequency</label>
    </fieldset></details>`;
}

function Expected({ forecast: { value, error, isBusy } }) {
  if (error) return html`<${Problem} error=${error} />`;
  if (!value) return html`<p class="note loading" role="status">Measuring …</p>`;
  return html`<div aria-busy=${isBusy}>
    ${isBusy && html`<p class="note loading" role="status">Measuring again …</p>`}
    <dl class="key-figures small">
      <div><dt>Time</dt><dd>${duration(value.seconds)}</dd></div>
      <div><dt>Memory</dt><dd>${bytes(value.memory_bytes)}</dd></div>
      <div><dt>Epochs</dt><dd>${count(value.epochs)}<small>${duration(value.seconds_per_epoch)} each</small></dd></div>
      <div><dt>Parameters</dt><dd>${count(value.parameters)}<small>${value.model}</small></dd></div>
    </dl>
    <p class="note">${count(value.images.train)} training, ${count(value.images.validation)} validation and ${count(value.images.test)} test images of ${shape(value.image_shape)}.</p>
    ${value.model_reason && html`<p class="note">${value.model_reason.split(";")[0]}.</p>`}
    <${Findings} findings=${value.findings} />
  </div>`;
}

function Starting({ job }) {
  const { progress } = job;
  const words = job.status === "queued" ? "Another training is running; this one comes next." : progress ? `Reading images: ${count(progress.done)} of ${count(progress.total)}` : "Preparing the data and the network …";
  return html`<div class="progress" role="status">${progress && html`<progress max=${progress.total} value=${progress.done} aria-label="Reading images"></progress>`}<p class="note">${words}</p></div>`;
}
