// Try a model: drop, paste or choose an image; its probabilities come at once.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, runPath, upload } from "./api.js";
import { percent, shape } from "./format.js";
import { html } from "./html.js";
import { Empty, Loading, Problem, useLoaded } from "./parts.js";

const MOST_BYTES = 1 << 24;
const MOST_CLASSES = 10;

export function Try({ chosen }) {
  const { value, error, reload } = useLoaded(() => get("/api/runs"), "runs");
  const usable = value?.runs.filter((run) => run.val_accuracy !== null && run.status !== "unreadable");
  const [picked, setPicked] = useState(chosen);
  if (error) return html`<h1>Try</h1><${Problem} error=${error} retry=${reload} />`;
  if (!usable) return html`<h1>Try</h1><${Loading} what="the runs" />`;
  if (!usable.length) {
    return html`<h1>Try</h1><${Empty} title="There is no trained network yet"><p>Train one first; then it answers here for any image.</p>
      <p><a class="button primary" href="#/train">Train a network</a></p><//>`;
  }
  const run = usable.find((one) => one.id === picked) ?? usable[0];
  return html`<h1>Try</h1>
    <p class="tools"><label>Network <select value=${run.id} onChange=${(event) => setPicked(event.target.value)}>
      ${usable.map((one) => html`<option key=${one.id} value=${one.id} selected=${one.id === run.id}>${one.id} (${percent(one.val_accuracy)})</option>`)}
    </select></label></p>
    <${Classified} run=${run.id} key=${run.id} />`;
}

function Classified({ run }) {
  const [state, setState] = useState({ name: "", shown: "", found: null, error: null, isBusy: false });
  const [isOver, setOver] = useState(false);
  const address = useRef("");
  const show = async (file) => {
    if (!file) return;
    URL.revokeObjectURL(address.current);
    address.current = URL.createObjectURL(file);
    const start = { name: file.name || "pasted image", shown: address.current, found: null, error: null };
    if (file.size > MOST_BYTES) {
      setState({ ...start, shown: "", error: { message: "This file is larger than 16 MB.", hint: "Save it smaller first." }, isBusy: false });
      return;
    }
    setState({ ...start, isBusy: true });
    try {
      setState({ ...start, found: await upload(`${runPath(run)}/classify`, file), isBusy: false });
    } catch (error) {
      setState({ ...start, shown: "", error, isBusy: false });
    }
  };
  useEffect(() => {
    const paste = (event) => show([...(event.clipboardData?.files ?? [])][0]);
    addEventListener("paste", paste);
    return () => {
      removeEventListener("paste", paste);
      URL.revokeObjectURL(address.current);
    };
  }, []);
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    show(event.dataTransfer.files[0]);
  };
  return html`<div class="columns even">
    <div>
      <label class=${`drop ${isOver ? "over" : ""}`} onDragOver=${(event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
        ${state.shown ? html`<img src=${state.shown} alt=${`The image ${state.name}`} />` : html`<span class="sign" aria-hidden="true">+</span>`}
        <span>Drop an image here, paste one, or choose a file</span>
        <input type="file" accept="image/*" onChange=${(event) => show(event.target.files[0])} />
      </label>
      <p class="note">The image stays on this machine.</p>
    </div>
    <div aria-live="polite">
      ${state.isBusy && html`<p class="note loading">Classifying …</p>`}
      <${Problem} error=${state.error} />
      ${state.found && html`<${Answer} found=${state.found} />`}
      ${!state.isBusy && !state.found && !state.error && html`<p class="note">The probabilities of all classes will be shown here.</p>`}
    </div>
  </div>`;
}

function Answer({ found }) {
  const [first] = found.classes;
  return html`<p class="answer"><strong>${first.name}</strong> <span>${percent(first.probability)}</span></p>
    ${found.out_of_distribution && html`<div class="finding warning"><p class="kind">Unlike the training images</p><p>The network has seen nothing like this image. Its answer cannot be trusted.</p></div>`}
    ${!found.out_of_distribution && found.not_sure && html`<div class="finding warning"><p class="kind">Not sure</p><p>The probability is so low that errors are frequent.</p></div>`}
    <table class="probabilities"><tbody>${found.classes.slice(0, MOST_CLASSES).map((one) => html`<tr key=${one.name}><th scope="row">${one.name}</th>
      <td><span class="bar" aria-hidden="true"><i style=${{ width: `${100 * one.probability}%` }}></i></span></td><td class="number">${percent(one.probability)}</td></tr>`)}</tbody></table>
    ${found.classes.length > MOST_CLASSES && html`<p class="note">and ${found.classes.length - MOST_CLASSES} less probable classes</p>`}
    <figure class="seen"><img src=${`data:image/png;base64,${found.seen}`} alt="The image as the network sees it" width="112" height="112" />
      <figcaption>What the network sees: ${shape(found.shape)}</figcaption></figure>`;
}
