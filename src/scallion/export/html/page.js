// The start of the page: texts, verification, and then the inputs.
let model = null;

function showTexts() {
  for (const one of document.querySelectorAll("[data-text]")) one.textContent = TEXTS[one.dataset.text];
  for (const one of document.querySelectorAll("[data-label]")) {
    one.setAttribute("aria-label", TEXTS[one.dataset.label]);
  }
}

// What the page says of itself is what was verified, not what its markup says.
function showTitle(title, names) {
  document.title = TEXTS.title(title, names.slice(0, 4).join(", "), Math.max(0, names.length - 4));
  document.querySelector("h1").textContent = title;
}

function showClasses(names) {
  const shown = names.length > 24 ? names.slice(0, 20) : names;
  element("question").textContent = TEXTS.classes(names.length);
  element("classes").replaceChildren(...shown.map((name) => make("li", name)));
  const more = names.length - shown.length;
  if (more) element("classes").append(make("li", TEXTS.moreClasses(more), "more"));
}

function showAbout({ exported, description, notes }) {
  const lines = [
    TEXTS.exported(description.scallion_version, exported),
    TEXTS.prepared(description.preprocessing.in_words),
    ...notes,
    description.notice,
    TEXTS.fingerprint(description.fingerprint),
  ];
  element("about").replaceChildren(...lines.filter(Boolean).map((line) => make("p", line)));
}

async function start() {
  showTexts();
  const blocks = {}, status = element("verification");
  for (const id of ["engine", "program", "statement", "digest"]) blocks[id] = element(id).textContent;
  status.textContent = TEXTS.verifying;
  connectInputs();
  try {
    model = await Classifier.load(blocks);
    const { difference } = model.verify();
    showTitle(model.statement.title, model.names);
    showClasses(model.names);
    showAbout(model.statement);
    status.textContent = TEXTS.verified(difference ? difference.toExponential(0) : "0");
    status.dataset.state = "verified";
  } catch (error) {
    model = null;
    status.textContent = TEXTS.failed(error.message);
    status.dataset.state = "failed";
    return;
  }
  element("choose").disabled = false;
  element("camera").hidden = !navigator.mediaDevices?.getUserMedia;
  element("draw").hidden = !canDraw(model.rule);
}

start();
