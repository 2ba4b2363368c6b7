// Images of files, of the clipboard, of the camera, and drawn ones.

// The pixels of an image file, upright, blended with white where it is transparent.
async function decode(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none" });
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

async function prepareFile(file) {
  const image = await decode(file), start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isJpeg = start[0] === 0xff && start[1] === 0xd8;
  return prepare(isJpeg ? reduceJpeg(image, model.rule) : image, model.rule);
}

async function classifyFiles(files) {
  if (!model || !files.length) return;
  const unreadable = [];
  element("problem").textContent = "";
  for (const [i, file] of files.entries()) {
    if (files.length > 1) element("summary").textContent = TEXTS.working(i + 1, files.length);
    const name = file.name || TEXTS.pasted(results.length + 1);
    try {
      addResult(name, await prepareFile(file));
    } catch {
      unreadable.push(name);
    }
  }
  if (unreadable.length) element("problem").textContent = TEXTS.unreadable(unreadable.join(", "));
  showResults();
}

const camera = { video: null, timer: 0 };

async function startCamera() {
  element("problem").textContent = "";
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    camera.video = document.createElement("video");
    Object.assign(camera.video, { srcObject: stream, muted: true, playsInline: true });
    await camera.video.play();
  } catch {
    element("problem").textContent = TEXTS.noCamera;
    return;
  }
  element("camera-panel").hidden = false;
  element("take").focus();
  camera.timer = setInterval(watchCamera, 200);
}

// Shows what the camera sees, and what it is.
function watchCamera() {
  const view = element("camera-view"), { videoWidth, videoHeight } = camera.video;
  if (!videoWidth) return;
  Object.assign(view, { width: videoWidth, height: videoHeight });
  const context = view.getContext("2d", { willReadFrequently: true });
  context.drawImage(camera.video, 0, 0);
  camera.pixels = prepare(context.getImageData(0, 0, videoWidth, videoHeight), model.rule);
  showBars(element("camera-bars"), model.classify([camera.pixels])[0].probabilities, 3);
}

function stopCamera() {
  clearInterval(camera.timer);
  for (const track of camera.video?.srcObject.getTracks() ?? []) track.stop();
  camera.video = null;
  element("camera-panel").hidden = true;
  element("camera").focus();
}

// Drawing is offered for small grey images, with the paper that the training images have.
const pen = { down: false, count: 0 };

const canDraw = ({ width, height, channels }) => channels === 1 && width === 28 && height === 28;

function clearDrawing() {
  const context = element("draw-field").getContext("2d", { willReadFrequently: true });
  context.fillStyle = model.statement.dark_background ? "#000" : "#fff";
  context.fillRect(0, 0, 280, 280);
  Object.assign(context, { lineWidth: 22, lineCap: "round", lineJoin: "round",
    strokeStyle: model.statement.dark_background ? "#fff" : "#000" });
  element("draw-bars").replaceChildren();
}

function drawTo(event) {
  const field = element("draw-field"), box = field.getBoundingClientRect();
  const context = field.getContext("2d");
  const x = (event.clientX - box.left) * 280 / box.width, y = (event.clientY - box.top) * 280 / box.height;
  if (event.type === "pointerdown") {
    pen.down = true;
    field.setPointerCapture(event.pointerId);
    context.beginPath();
    context.moveTo(x, y);
  }
  if (!pen.down) return;
  context.lineTo(x, y);
  context.stroke();
  showBars(element("draw-bars"), model.classify([drawnPixels()])[0].probabilities, 3);
}

const drawnPixels = () =>
  prepare(element("draw-field").getContext("2d").getImageData(0, 0, 280, 280), model.rule);

function openDrawing() {
  element("draw-panel").hidden = false;
  clearDrawing();
  element("keep").focus();
}

function connectInputs() {
  const on = (id, kind, action) => element(id).addEventListener(kind, action);
  on("choose", "click", () => element("files").click());
  on("files", "change", (event) => {
    classifyFiles([...event.target.files]);
    event.target.value = "";
  });
  on("csv", "click", saveCsv);
  on("remove", "click", removeResults);
  on("camera", "click", startCamera);
  on("stop", "click", stopCamera);
  on("take", "click", () => {
    if (!camera.pixels) return;
    addResult(TEXTS.photo(results.length + 1), camera.pixels);
    showResults();
  });
  on("draw", "click", openDrawing);
  on("clear", "click", clearDrawing);
  on("close", "click", () => { element("draw-panel").hidden = true; element("draw").focus(); });
  on("keep", "click", () => {
    addResult(TEXTS.drawing(++pen.count), drawnPixels());
    showResults();
  });
  for (const kind of ["pointerdown", "pointermove"]) on("draw-field", kind, drawTo);
  for (const kind of ["pointerup", "pointercancel"]) on("draw-field", kind, () => { pen.down = false; });
  for (const kind of ["dragover", "drop", "dragleave"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      element("drop").dataset.over = String(kind === "dragover");
      if (kind === "drop") classifyFiles([...event.dataTransfer.files]);
    });
  }
  document.addEventListener("paste", (event) => classifyFiles([...event.clipboardData.files]));
}
