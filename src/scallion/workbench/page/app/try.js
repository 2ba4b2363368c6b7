// Try a model: drop, paste or choose an image, or use the camera; the probabilities come at once.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, runPath, upload } from "./api.js";
import { percent, shape } from "./format.js";
import { html } from "./html.js";
import { Empty, Loading, Problem, useLoaded } from "./parts.js";

const MOST_BYTES = 1 << 24;
const MOST_CLASSES = 10;
const CAMERA_SIDE = 256; // pixels of the images that the camera gives

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
  const [state, setState] = useState({ name: "", shown: "", found: null, heat: null, error: null, isBusy: false });
  const [isOver, setOver] = useState(false);
  const [stream, setStream] = useState(null);
  const address = useRef("");
  const show = async (file) => {
    if (!file) return;
    setStream(null);
    URL.revokeObjectURL(address.current);
    address.current = URL.createObjectURL(file);
    const start = { name: file.name || "pasted image", shown: address.current, found: null, heat: null, error: null };
    if (file.size > MOST_BYTES) {
      setState({ ...start, shown: "", error: { message: "This file is larger than 16 MB.", hint: "Save it smaller first." }, isBusy: false });
      return;
    }
    setState({ ...start, isBusy: true });
    try {
      const found = await upload(`${runPath(run)}/classify`, file);
      setState({ ...start, found, isBusy: false });
      const { heat } = await upload(`${runPath(run)}/explain/${found.classes[0].label}`, file);
      setState((old) => (old.found === found ? { ...old, heat } : old));
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
  const watch = async () => {
    setState({ name: "", shown: "", found: null, heat: null, error: null, isBusy: false });
    try {
      setStream(await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } }));
    } catch (error) {
      setState((old) => ({ ...old, error: { message: `The camera cannot be used: ${error.message}`, hint: "Allow it for this page in the browser, and close other programs that use it." } }));
    }
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    show(event.dataTransfer.files[0]);
  };
  return html`<div class="columns even">
    <div>
      ${stream && html`<${Camera} run=${run} stream=${stream} onAnswer=${(found) => setState((old) => ({ ...old, found, error: null }))} onProblem=${(error) => { setStream(null); setState((old) => ({ ...old, error })); }} />`}
      ${!stream && html`<label class=${`drop ${isOver ? "over" : ""}`} onDragOver=${(event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
        ${state.shown ? html`<img src=${state.shown} alt=${`The image ${state.name}`} />` : html`<span class="sign" aria-hidden="true">+</span>`}
        <span>Drop an image here, paste one, or choose a file</span>
        <input type="file" accept="image/*" onChange=${(event) => show(event.target.files[0])} />
      </label>`}
      <p class="tools below"><button type="button" onClick=${() => (stream ? setStream(null) : watch())}>${stream ? "Stop the camera" : "Use the camera"}</button>
        <span class="note">Images stay on this machine.</span></p>
    </div>
    <div aria-live=${stream ? "off" : "polite"}>
      ${state.isBusy && html`<p class="note loading">Classifying …</p>`}
      <${Problem} error=${state.error} />
      ${state.found && html`<${Answer} found=${state.found} heat=${state.heat} />`}
      ${!state.isBusy && !state.found && !state.error && html`<p class="note">The probabilities of all classes will be shown here.</p>`}
    </div>
  </div>`;
}

/** Classify what the camera sees, one image at a time: as fast as the answers come. */
function Camera({ run, stream, onAnswer, onProblem }) {
  const video = useRef(null);
  useEffect(() => {
    let isOn = true;
    const canvas = document.createElement("canvas");
    video.current.srcObject = stream;
    const classify = async () => {
      while (isOn) {
        const image = await frameOf(video.current, canvas);
        try {
          if (image && isOn) onAnswer(await upload(`${runPath(run)}/classify`, image));
        } catch (error) {
          if (isOn) onProblem(error);
          return;
        }
        await new Promise(requestAnimationFrame); // nothing while the page is hidden
      }
    };
    classify();
    return () => {
      isOn = false;
      for (const track of stream.getTracks()) track.stop();
    };
  }, [run, stream]);
  return html`<video class="camera" ref=${video} autoplay muted playsinline aria-label="The camera's image"></video>`;
}

/** The centre square of the camera's image as a JPEG, null before there is one. */
async function frameOf(video, canvas) {
  const side = Math.min(video.videoWidth, video.videoHeight);
  if (!side) return null;
  canvas.width = canvas.height = CAMERA_SIDE;
  const left = (video.videoWidth - side) / 2;
  const top = (video.videoHeight - side) / 2;
  canvas.getContext("2d").drawImage(video, left, top, side, side, 0, 0, CAMERA_SIDE, CAMERA_SIDE);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}

function Answer({ found, heat }) {
  const [first] = found.classes;
  return html`<p class="answer"><strong>${first.name}</strong> <span>${percent(first.probability)}</span></p>
    ${found.out_of_distribution && html`<div class="finding warning"><p class="kind">Unlike the training images</p><p>The network has seen nothing like this image. Its answer cannot be trusted.</p></div>`}
    ${!found.out_of_distribution && found.not_sure && html`<div class="finding warning"><p class="kind">Not sure</p><p>The probability is so low that errors are frequent.</p></div>`}
    <table class="probabilities"><tbody>${found.classes.slice(0, MOST_CLASSES).map((one) => html`<tr key=${one.name}><th scope="row">${one.name}</th>
      <td><span class="bar" aria-hidden="true"><i style=${{ width: `${100 * one.probability}%` }}></i></span></td><td class="number">${percent(one.probability)}</td></tr>`)}</tbody></table>
    ${found.classes.length > MOST_CLASSES && html`<p class="note">and ${found.classes.length - MOST_CLASSES} less probable classes</p>`}
    <div class="figures"><figure class="seen"><img src=${`data:image/png;base64,${found.seen}`} alt="The image as the network sees it" width="112" height="112" />
      <figcaption>What the network sees: ${shape(found.shape)}</figcaption></figure>
    ${heat && html`<figure class="seen"><img src=${`data:image/png;base64,${heat}`} alt=${`Where the network sees ${first.name}, in orange`} width="112" height="112" />
      <figcaption>Where it sees ${first.name} (Grad-CAM)</figcaption></figure>`}</div>`;
}
