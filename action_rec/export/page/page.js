// What happens on the page: a source gives frames, each is recognized and drawn.
"use strict";

const byId = (id) => document.getElementById(id);
const { facts } = MODEL;
let labels = []; // one for each frame: what is saved
const player = { frames: [], at: 0, playing: false, run: 0 };
let recognizer, skeleton, ribbon;

function say(text, error = false) {
  byId("message").textContent = text;
  byId("message").classList.toggle("error", error);
}

function restart(frames) {
  player.run += 1;
  player.at = 0;
  labels = [];
  recognizer.start();
  skeleton.fit(player.frames);
  ribbon.start(frames);
  for (const id of ["label", "frame", "bodies", "time", "median"]) byId(id).textContent = "–";
  byId("probability").textContent = "";
  byId("save").hidden = true;
}

async function recognize(bodies) {
  const before = performance.now();
  const source = labels;
  const probabilities = await recognizer.step(bodies);
  if (labels !== source) return; // another recording was opened meanwhile
  const milliseconds = performance.now() - before;
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : null;
  const label = best === null || best < 0 ? null : facts.class_names[best];
  const probability = label === null ? null : probabilities[best];
  if (labels.length >= MOST_FRAMES) labels.shift();
  labels.push({ frame: (labels.at(-1)?.frame ?? -1) + 1, label, probability, milliseconds });
  show(bodies, probabilities, labels.at(-1));
}

function show(bodies, probabilities, { frame, label, probability, milliseconds }) {
  skeleton.draw(bodies);
  ribbon.add(probabilities);
  byId("label").textContent = label ?? "nobody";
  byId("probability").textContent = label === null ? "" : `${(100 * probability).toFixed(1)} %`;
  const total = player.frames.length ? ` of ${player.frames.length}` : "";
  byId("frame").textContent = `${frame + 1}${total}`;
  byId("bodies").textContent = String(bodies.length);
  byId("time").textContent = `${milliseconds.toFixed(2)} ms`;
  const times = labels.slice(-1000).map((one) => one.milliseconds).sort((a, b) => a - b);
  byId("median").textContent = `${times[times.length >> 1].toFixed(2)} ms`;
}

async function play() {
  const run = ++player.run;
  player.playing = true;
  byId("play").textContent = "Pause";
  let due = performance.now();
  while (player.playing && player.run === run && player.at < player.frames.length) {
    await recognize(player.frames[player.at++]);
    due = Math.max(due + 1000 / facts.frame_rate, performance.now() - 1000);
    const wait = byId("fast").checked ? 0 : due - performance.now();
    await new Promise((go) => setTimeout(go, Math.max(0, wait)));
  }
  if (player.run !== run) return;
  player.playing = false;
  byId("play").textContent = "Play";
  if (player.at >= player.frames.length) offerLabels();
}

function offerLabels() {
  const lines = labels.map((one) => `${JSON.stringify(one)}\n`);
  URL.revokeObjectURL(byId("save").href);
  byId("save").href = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
  byId("save").hidden = false;
}

// Pause the recording, or stop the camera.
function stopSource() {
  player.playing = false;
  stopCamera();
}

function showButtons() {
  for (const id of ["play", "again"]) byId(id).disabled = !player.frames.length;
  byId("camera").textContent = camera.running ? "Stop the camera" : "Camera";
}

async function open(file) {
  stopSource();
  try {
    player.frames = readRecording(file.name, await file.text(), facts);
  } catch (error) {
    if (!(error instanceof ReadingError)) throw error;
    say(`${file.name}: ${error.message}`, true);
    return;
  }
  say(`${file.name}: ${player.frames.length} frames`);
  restart(player.frames.length);
  showButtons();
  await play();
}

function toggle() {
  if (!player.frames.length) return;
  if (player.playing) {
    player.playing = false;
    return;
  }
  if (player.at >= player.frames.length) restart(player.frames.length);
  play();
}

// Errors that nothing else has caught, e.g. of the pose library.
function fail(error) {
  if (camera.running) {
    failCamera(error);
    return;
  }
  player.playing = false;
  say(`The page had to stop: ${error?.message ?? error}`, true);
}

function listen() {
  byId("file").addEventListener("change", (event) => {
    if (event.target.files.length) open(event.target.files[0]);
    event.target.value = "";
  });
  for (const type of ["dragover", "dragleave", "drop"]) {
    window.addEventListener(type, (event) => {
      event.preventDefault();
      byId("drop").classList.toggle("over", type === "dragover");
      if (type === "drop" && event.dataTransfer.files.length) open(event.dataTransfer.files[0]);
    });
  }
  byId("play").addEventListener("click", toggle);
  byId("again").addEventListener("click", () => { restart(player.frames.length); play(); });
  byId("camera").addEventListener("click", () => camera.running ? stopCamera() : startCamera());
  window.addEventListener("unhandledrejection", ({ reason }) => fail(reason));
  window.addEventListener("error", ({ error, message }) => fail(error ?? message));
  window.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target.closest("button, input, a, label")) return;
    event.preventDefault();
    toggle();
  });
  const redraw = () => { ribbon.draw(); skeleton.draw(player.frames[Math.max(0, player.at - 1)] ?? []); };
  window.addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

async function main() {
  const [bodies, joints, size] = facts.frame_shape;
  byId("about").textContent = `${facts.class_names.length} actions, ${joints} joints of ` +
    `${facts.joint_set} in ${size}D, up to ${bodies} ${bodies === 1 ? "person" : "people"}. ` +
    "Everything is computed in this browser.";
  say("The network is loaded ...");
  try {
    recognizer = new Recognizer(await loadNetwork(), facts);
  } catch (error) {
    say(`The network cannot be loaded: ${error.message ?? error}`, true);
    return;
  }
  skeleton = new SkeletonPicture(byId("skeleton"), facts);
  ribbon = new Ribbon(byId("ribbon"), byId("legend"), facts.class_names);
  byId("camera").hidden = !(MODEL.pose && facts.joint_set === "mediapipe33");
  listen();
  say("Ready.");
}

main();
