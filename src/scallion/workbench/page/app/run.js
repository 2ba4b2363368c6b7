// One run: live curves, diagnosis, confusion matrix, mistakes, notes, and what to do with it.
import { useEffect, useState } from "preact/hooks";
import { get, post, put, remove, runPath } from "./api.js";
import { Curves } from "./curves.js";
import { count, duration, moment, percent, shape } from "./format.js";
import { html } from "./html.js";
import { rowsOf, useEvents } from "./live.js";
import { ClassScores, Confused, Matrix, Mistakes } from "./matrix.js";
import { Confirm, Copied, Findings, Loading, Problem, Status, useLoaded } from "./parts.js";

const RESUMABLE = new Set(["interrupted", "crashed", "failed"]);

export function Run({ id }) {
  const [turn, setTurn] = useState(0);
  const { value: run, error, reload, set } = useLoaded(() => get(runPath(id)), id);
  const events = useEvents(id, turn, reload);
  const [problem, setProblem] = useState(null);
  const follow = async (action) => {
    setProblem(null);
    try {
      await action();
    } catch (caught) {
      setProblem(caught);
    }
  };
  const resume = () =>
    follow(async () => {
      await waitForJob(await post(`${runPath(id)}/resume`));
      setTurn((old) => old + 1);
      reload();
    });
  if (!run) {
    return html`<h1>${id}</h1>${error ? html`<${Problem} error=${error} retry=${reload} />` : html`<${Loading} what="the run" />`}`;
  }
  if (run.status === "unreadable") return html`<${Damaged} run=${run} onDelete=${() => follow(() => deleteRun(id))} problem=${problem} />`;
  const isTraining = run.status === "running" && !events.isOver;
  const live = rowsOf(events);
  const rows = live.length ? live : stored(run.history);
  const best = events.best || run.evaluation.best_epoch || 0;
  return html`
    <p class="kicker"><a href="#/runs">Runs</a></p>
    <div class="heading">
      <h1>${id} <${Status} value=${isTraining ? "running" : run.status} /></h1>
      <${Actions} run=${run} isTraining=${isTraining} follow=${follow} onResume=${resume} />
    </div>
    <${Problem} error=${problem ?? error} />
    ${events.isLost && !error && html`<p class="note loading" role="status">The server does not answer; the training goes on. Trying again …</p>`}
    ${isTraining && html`<${Progress} events=${events} />`}
    <${KeyFigures} run=${run} rows=${rows} isTraining=${isTraining} />
    <section><h2>Curves</h2>
      ${rows.length ? html`<${Curves} rows=${rows} best=${best} />` : html`<p class="note">${isTraining ? "The first training step has not ended yet." : "No epoch was completed."}</p>`}
    </section>
    ${!isTraining && html`<section><h2>Diagnosis</h2><${Diagnosis} run=${run} /></section>`}
    ${!isTraining && run.files.model && html`<${Evaluated} run=${run} set=${set} />`}
    ${!isTraining && run.files.model && html`<section><h2>Export</h2><${Exports} run=${run} /></section>`}
    <section><h2>Notes</h2><${Notes} run=${run} /></section>
    <section><h2>Settings</h2><${Settings} run=${run} /></section>
  `;
}

const stored = (history) =>
  (history.epoch ?? []).map((epoch, index) => Object.fromEntries(Object.keys(history).map((name) => [name, history[name][index]])));

async function deleteRun(id) {
  await remove(runPath(id));
  location.hash = "#/runs";
}

/** Wait until a job trains in its run folder. Throws what it failed with. */
export async function waitForJob(job, onState = (_job) => {}) {
  for (;;) {
    onState(job);
    if (job.error) throw Object.assign(new Error(job.error), { hint: job.hint });
    if (job.run || !["queued", "running"].includes(job.status)) return job;
    await new Promise((resolve) => setTimeout(resolve, 250));
    job = await get(`/api/jobs/${job.id}`);
  }
}

function Actions({ run, isTraining, follow, onResume }) {
  const [isAsking, setAsking] = useState(false);
  const [isStopping, setStopping] = useState(false);
  const path = runPath(run.id);
  const stop = () => {
    setStopping(true);
    follow(() => post(`${path}/stop`)).then(() => setTimeout(() => setStopping(false), 4000));
  };
  const canResume = !isTraining && RESUMABLE.has(run.status) && run.epochs < run.planned;
  return html`<div class="actions">
    ${isTraining && html`<button type="button" disabled=${isStopping} onClick=${stop}>${isStopping ? "Stopping …" : "Stop"}</button>`}
    ${canResume && html`<button type="button" class="primary" onClick=${onResume}>Resume</button>`}
    ${run.files.model && html`<a class=${`button ${isTraining || canResume ? "" : "primary"}`} href=${`#/try/${encodeURIComponent(run.id)}`}>Try it</a>`}
    ${!isTraining && run.files.model && html`<${Report} run=${run} follow=${follow} />`}
    ${!isTraining && html`<button type="button" onClick=${() => setAsking(true)}>Delete</button>`}
    ${isAsking && html`<${Confirm} title=${`Delete ${run.id}?`} text="The folder of this run is deleted, with its model. This cannot be undone." action="Delete the run"
      onConfirm=${() => follow(() => deleteRun(run.id))} onClose=${() => setAsking(false)} />`}
  </div>`;
}

function Report({ run, follow }) {
  const [isReady, setReady] = useState(run.files.report);
  const [isBusy, setBusy] = useState(false);
  const path = `${runPath(run.id)}/report`;
  const write = async () => {
    setBusy(true);
    await follow(async () => {
      await post(path);
      setReady(true);
    });
    setBusy(false);
  };
  if (isReady) return html`<a class="button" href=${path} target="_blank" rel="noopener">Open the report</a>`;
  return html`<button type="button" disabled=${isBusy} onClick=${write}>${isBusy ? "Writing …" : "Write a report"}</button>`;
}

function Progress({ events }) {
  const { step, left, phase } = events;
  const fraction = step ? step.step / step.steps : 0;
  const words = step ? `epoch ${step.epoch} of ${step.epochs}, step ${count(step.step)} of ${count(step.steps)}` : "starting";
  return html`<div class="progress" role="status">
    <progress max="1" value=${fraction} aria-label="Training"></progress>
    <p class="note">${phase && phase !== "training" ? `${phase}; ` : ""}${words}${left ? `; ${duration(left)} left` : ""}</p>
  </div>`;
}

function KeyFigures({ run, rows, isTraining }) {
  const { validation, test } = run.evaluation;
  const interval = (score) => (score?.interval ? html`<small>${percent(score.interval[0])} to ${percent(score.interval[1])} (95 %)</small>` : null);
  const best = Math.max(...rows.map((row) => row.val_accuracy ?? 0), 0);
  const looks = test?.test_evaluations;
  const done = rows.filter((row) => "val_loss" in row);
  const seconds = isTraining ? done.reduce((sum, row) => sum + (row.seconds ?? 0), 0) : run.seconds;
  return html`<dl class="key-figures">
    <div><dt>Validation accuracy</dt><dd>${percent(isTraining ? best || null : (validation?.accuracy ?? run.val_accuracy))}${!isTraining && interval(validation)}</dd></div>
    <div><dt>Test accuracy</dt><dd>${percent(test?.accuracy)}${test?.accuracy !== undefined ? interval(test) : html`<small>evaluated once, at the end</small>`}${looks > 0 && html`<small>${looks} test-set ${looks === 1 ? "evaluation" : "evaluations"}</small>`}</dd></div>
    <div><dt>Time</dt><dd>${duration(seconds)}<small>${count(isTraining ? done.length : run.epochs)} of ${count(run.planned)} epochs</small></dd></div>
    <div><dt>Network</dt><dd>${run.model}<small>${count(run.parameters)} parameters</small></dd></div>
    <div><dt>Data</dt><dd>${run.data}<small>${run.class_names.length} classes, ${shape(run.config.data.image_shape)}</small></dd></div>
  </dl>`;
}

function Diagnosis({ run }) {
  if (run.findings.length) return html`<${Findings} findings=${run.findings} />`;
  if (run.status === "finished") return html`<p>No problem was found in the curves and the scores.</p>`;
  return html`<p class="note">The diagnosis comes when a training ends by itself. For this run: <code>scallion diagnose runs/${run.id}</code></p>`;
}

/** Scores on the validation images: stored ones, or computed now. */
function Evaluated({ run, set }) {
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const [mistakes, setMistakes] = useState([]);
  const scores = run.evaluation.validation?.scores;
  const compute = async () => {
    setBusy(true);
    setError(null);
    try {
      set(await post(`${runPath(run.id)}/evaluate`));
    } catch (caught) {
      setError(caught);
    }
    setBusy(false);
  };
  useEffect(() => {
    if (run.files.mistakes) get(`${runPath(run.id)}/mistakes`).then((found) => setMistakes(found.mistakes), setError);
  }, [run.files.mistakes]);
  const button = html`<p><button type="button" disabled=${isBusy} onClick=${compute}>${isBusy ? "Evaluating …" : scores ? "Show the mistakes" : "Evaluate on the validation images"}</button></p>`;
  return html`<section><h2>Confusion matrix</h2>
    <${Problem} error=${error} />
    ${scores ? html`<${Confused} names=${run.class_names} pairs=${scores.most_confused} />
      <${Matrix} names=${run.class_names} counts=${scores.confusion} />
      <${ClassScores} names=${run.class_names} scores=${scores.per_class} />` : html`<p class="note">The confusion matrix counts, for each class, which classes the network predicts. It uses the validation images, not the test images.</p>`}
    ${!scores && button}
    ${scores && html`<h3>Worst mistakes</h3>${mistakes.length ? html`<${Mistakes} run=${run.id} names=${run.class_names} mistakes=${mistakes} />` : scores.most_confused.length ? button : html`<p>There are none.</p>`}`}
  </section>`;
}

function Notes({ run }) {
  const [text, setText] = useState(run.notes);
  const [state, setState] = useState("");
  const [error, setError] = useState(null);
  const save = async () => {
    try {
      await put(`${runPath(run.id)}/notes`, { text });
      setState("Saved in the run folder.");
      setError(null);
    } catch (caught) {
      setError(caught);
    }
  };
  return html`<label class="hidden" for="notes">Notes</label>
    <textarea id="notes" rows="3" placeholder="What did you try, and why?" value=${text} onInput=${(event) => { setText(event.target.value); setState(""); }} onChange=${save}></textarea>
    <p class="note" role="status">${state}</p><${Problem} error=${error} />`;
}

function Settings({ run }) {
  const { config } = run;
  const rows = {
    "images": `${count(config.splits.train)} training, ${count(config.splits.validation)} validation, ${count(config.splits.test)} test`,
    "batch size": count(config.batch_size),
    "learning rate": String(config.learning_rate),
    "seed": String(run.seed),
    "started": moment(run.started),
  };
  return html`<dl class="definitions">${Object.entries(rows).map(([name, text]) => html`<dt key=${name}>${name}</dt><dd>${text}</dd>`)}</dl>
    ${run.command && html`<p class="note">The same training again, in a terminal:</p><${Copied} text=${run.command} label="the command" />`}
`;
}

const FORMATS = [
  ["html", "One web page", "opens in any browser, offline"],
  ["onnx", "ONNX", "for onnxruntime, OpenVINO and others"],
  ["keras", "Keras", "for Keras 3 on any of its backends"],
];

/** Export buttons; each export is verified before it is offered. */
function Exports({ run }) {
  const [state, setState] = useState({});
  const write = async (format) => {
    setState((old) => ({ ...old, [format]: { isBusy: true } }));
    let found;
    try {
      found = await post(`${runPath(run.id)}/export`, { format });
    } catch (error) {
      found = { error };
    }
    setState((old) => ({ ...old, [format]: found }));
  };
  return html`<ul class="exports">${FORMATS.map(([format, title, text]) => {
    const found = state[format] ?? {};
    return html`<li key=${format}><div><strong>${title}</strong> <span class="note">${text}</span></div>
      <div class="actions">${found.file ? html`<a class="button primary" href=${`${runPath(run.id)}/export/${format}`} download>Save ${found.file}</a>` : html`<button type="button" disabled=${found.isBusy} aria-label=${`Export as ${title}`} onClick=${() => write(format)}>${found.isBusy ? "Exporting …" : "Export"}</button>`}</div>
      ${found.verification && html`<p class="note verification">${found.verification}. ${found.note}</p>`}
      <${Problem} error=${found.error} /></li>`;
  })}</ul>`;
}

function Damaged({ run, problem, onDelete }) {
  const [isAsking, setAsking] = useState(false);
  return html`<p class="kicker"><a href="#/runs">Runs</a></p>
    <div class="heading"><h1>${run.id} <${Status} value="unreadable" /></h1>
      <div class="actions"><button type="button" onClick=${() => setAsking(true)}>Delete</button></div></div>
    <${Problem} error=${problem} />
    <${Problem} error=${{ message: run.problem, hint: "Restore the folder from a copy, or delete it." }} />
    ${isAsking && html`<${Confirm} title=${`Delete ${run.id}?`} text="The folder is deleted with all that is in it. This cannot be undone." action="Delete the run" onConfirm=${onDelete} onClose=${() => setAsking(false)} />`}`;
}
