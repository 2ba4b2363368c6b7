// The page: signs in, and shows the view that the address names.
import { render } from "preact";
import { signal } from "@preact/signals";
import { get, signIn } from "./api.js";
import { html } from "./html.js";
import { Problem } from "./parts.js";
import { Runs } from "./runs.js";
import { Run } from "./run.js";
import { Train } from "./train.js";
import { Try } from "./try.js";

const VIEWS = [
  ["runs", "Runs"],
  ["train", "Train"],
  ["try", "Try"],
];

const place = signal(location.hash);
const about = signal(null);
const problem = signal(null);

/** The parts of an address such as #/runs/mnist-1. */
function route() {
  const [view = "runs", id = ""] = place.value.replace(/^#\/?/, "").split("/");
  try {
    return { view: view || "runs", id: decodeURIComponent(id) };
  } catch {
    return { view: "runs", id: "" };
  }
}

function View() {
  const { view, id } = route();
  if (view === "train") return html`<${Train} about=${about.value} />`;
  if (view === "try") return html`<${Try} chosen=${id} key=${id} />`;
  if (id) return html`<${Run} id=${id} key=${id} />`;
  return html`<${Runs} />`;
}

function Page() {
  const { view } = route();
  return html`
    <a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <a class="brand" href="#/runs"><img src="/page/icon.svg" alt="" width="22" height="22" />Scallion</a>
      <nav aria-label="Views">
        ${VIEWS.map(
          ([name, title]) =>
            html`<a key=${name} href=${`#/${name}`} aria-current=${view === name ? "page" : undefined}>${title}</a>`,
        )}
      </nav>
      <span class="folder" title=${about.value?.folder}><bdi>${about.value?.folder}</bdi></span>
    </header>
    <main id="content" tabindex="-1">
      ${problem.value ? html`<h1>The workbench</h1><${Problem} error=${problem.value} retry=${start} />` : about.value && html`<${View} />`}
    </main>
  `;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}

async function start() {
  problem.value = null;
  try {
    await signIn();
    about.value = await get("/api/workbench");
  } catch (error) {
    problem.value = error;
  }
  place.value = location.hash;
}

addEventListener("hashchange", () => {
  if (location.hash.includes("token=")) start();
  else if (/^#\/(runs|train|try)/.test(location.hash) || !location.hash) place.value = location.hash;
  document.title = `Scallion: ${route().id || route().view}`;
  scrollTo(0, 0);
});

const root = document.getElementById("app");
root.replaceChildren();
render(html`<${Page} />`, root);
start();
