// Parts that several views share: headings, states, dialogs, copying.
import { useEffect, useRef, useState } from "preact/hooks";
import { unbroken } from "./format.js";
import { html } from "./html.js";

/** What went wrong, and what to do. */
export function Problem({ error, retry }) {
  if (!error) return null;
  return html`<div class="finding error" role="alert">
    <p class="kind">This did not work</p>
    <p>${error.message}</p>
    ${error.hint && html`<p class="try">${error.hint}</p>`}
    ${retry && html`<p><button type="button" onClick=${retry}>Try again</button></p>`}
  </div>`;
}

export const Loading = ({ what }) =>
  html`<p class="note loading" role="status">Reading ${what} …</p>`;

/** An empty state: what is missing, and the first step. */
export const Empty = ({ title, children }) =>
  html`<div class="empty"><h2>${title}</h2>${children}</div>`;

const STATUS = {
  finished: "good",
  running: "busy",
  queued: "busy",
  interrupted: "warn",
  pruned: "warn",
  crashed: "bad",
  failed: "bad",
  diverged: "bad",
  unreadable: "bad",
};

export const Status = ({ value }) =>
  html`<span class=${`status ${STATUS[value] ?? ""}`}>${value}</span>`;

/** A command or code with a button that copies it. */
export function Copied({ text, label }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      setCopied(false);
    }
  };
  return html`<div class="copied">
    <pre><code>${text.split(" ").map((word, index) => html`${index ? " " : ""}<span key=${index}>${word}</span>`)}</code></pre>
    <button type="button" class="quiet" onClick=${copy} aria-label=${`Copy ${label}`}>
      ${isCopied ? "Copied" : "Copy"}
    </button>
  </div>`;
}

/** Ask before something that cannot be undone. */
export function Confirm({ title, text, action, onConfirm, onClose }) {
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  return html`<dialog ref=${dialog} onClose=${onClose} aria-labelledby="confirm-title">
    <h2 id="confirm-title">${title}</h2>
    <p>${text}</p>
    <div class="actions">
      <button type="button" onClick=${() => dialog.current.close()}>Cancel</button>
      <button
        type="button"
        class="danger"
        onClick=${() => {
          onConfirm();
          dialog.current.close();
        }}
      >
        ${action}
      </button>
    </div>
  </dialog>`;
}

/** A hook: load something once, and again when the key changes or `reload` is called. */
export function useLoaded(load, key) {
  const [state, setState] = useState({ value: null, error: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (value) => isCurrent && setState({ value, error: null }),
      (error) => isCurrent && setState((old) => ({ ...old, error })),
    );
    return () => {
      isCurrent = false;
    };
  }, [key, turn]);
  return { ...state, reload: () => setTurn((old) => old + 1), set: (value) => setState({ value, error: null }) };
}

/** Findings of a check or of the diagnosis, in words. */
export function Findings({ findings }) {
  if (!findings?.length) return null;
  const kinds = { error: "Problem", warning: "Warning", info: "Note" };
  return findings.map(
    (one) => html`<div class=${`finding ${one.severity}`} key=${one.code + one.sentence}>
      <p class="kind">${kinds[one.severity] ?? "Note"}</p>
      <p>${unbroken(one.sentence)}</p>
      ${one.advice && html`<p class="try">${unbroken(one.advice.endsWith(".") ? one.advice : `Try: ${one.advice}.`)}</p>`}
    </div>`,
  );
}
