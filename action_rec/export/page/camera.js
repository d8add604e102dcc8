// A camera as a source: MediaPipe Pose finds one person in its images.
"use strict";

const METRES = { metre: 1, centimetre: 0.01, millimetre: 0.001 };
const SPEED_OVER = 10; // frames
const REASONS = {
  NotAllowedError: "it was refused; allow the camera for this page in the browser's settings",
  NotFoundError: "no camera was found; connect one",
  NotReadableError: "it gives no images; close other programs that use it",
};
class CameraError extends Error {}

const camera = { running: false, stream: null, pose: null, found: [] };

async function startCamera() {
  stopSource();
  player.frames = [];
  restart(Infinity);
  const run = player.run;
  const goesOn = () => camera.running && player.run === run;
  camera.running = true;
  showButtons();
  try {
    checkBrowser();
    say("The camera starts ...");
    await openStream(goesOn);
    if (!goesOn()) return;
    say("The pose library is loaded ...");
    camera.pose ??= loadPose(); // once, since it takes seconds
    const pose = await camera.pose;
    if (!goesOn()) return;
    pose.reset();
    say("The first image is processed, which can take a minute without a graphics card ...");
    await repaint();
    await new Promise((go) => setTimeout(go, 50));
    await recognizeImages(pose, goesOn);
  } catch (error) {
    if (goesOn()) failCamera(error);
  }
}

function failCamera(error) {
  camera.pose = null; // it may be of no use any more
  stopCamera();
  const own = error instanceof CameraError ? error.message : REASONS[error?.name];
  say(`The camera cannot be used: ${own ?? `MediaPipe Pose failed (${error?.message ?? error}); ` +
    `see that the folder ${MODEL.pose} is complete, and reload the page`}`, true);
}

// What the libraries would answer with an error of their own, or not at all.
function checkBrowser() {
  if (location.protocol === "file:") {
    throw new CameraError("the page was opened from disk; serve its folder, e.g. with " +
      "python -m http.server, and open it from there");
  }
  if (!navigator.mediaDevices) {
    throw new CameraError("a browser gives it to pages of https:// and of localhost only");
  }
  const canvas = document.createElement("canvas");
  if (!canvas.getContext("webgl2") && !canvas.getContext("webgl")) {
    throw new CameraError("MediaPipe Pose needs WebGL, which this browser does not have");
  }
}

async function openStream(goesOn) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true });
  if (!goesOn()) { // stopped while the browser asked
    stream.getTracks().forEach((track) => track.stop());
    return;
  }
  camera.stream = stream;
  stream.getVideoTracks()[0].addEventListener("ended", () => {
    if (camera.stream !== stream) return;
    failCamera(new CameraError("it was disconnected; connect it and start it again"));
  });
  byId("video").srcObject = stream;
  await byId("video").play();
}

async function loadPose() {
  try {
    if (!window.Pose) await loadScript(`${MODEL.pose}/pose.js`);
    const pose = new Pose({ locateFile: (name) => `${MODEL.pose}/${name}` });
    pose.setOptions({ modelComplexity: 1, smoothLandmarks: true });
    pose.onResults((results) => { camera.found = bodiesOf(results); });
    await pose.initialize();
    return pose;
  } catch (error) {
    camera.pose = null;
    throw error;
  }
}

function loadScript(source) {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    Object.assign(script, { src: source, onload: done });
    script.onerror = () => failed(new CameraError(`${source} cannot be loaded`));
    document.head.append(script);
  });
}

// One image at a time, at most as many as the network was trained on: those between are left out.
async function recognizeImages(pose, goesOn) {
  const times = [];
  let due = performance.now();
  while (goesOn()) {
    const before = performance.now();
    camera.found = [];
    await pose.send({ image: byId("video") });
    if (!goesOn()) return;
    await recognize(camera.found);
    if (!goesOn()) return;
    if (!times.length) say("Camera: all images stay in this browser.");
    times.push(performance.now());
    saySpeed(times);
    await repaint();
    // The library blocks the page: leave it a part of the time, so that it can be stopped.
    const blocked = performance.now() - before;
    due = Math.max(due + 1000 / facts.frame_rate, performance.now() + blocked / 4);
    await new Promise((go) => setTimeout(go, due - performance.now()));
  }
}

// Draw the page before the library blocks it again; a page that is not seen is not drawn.
async function repaint() {
  if (!document.hidden) await new Promise(requestAnimationFrame);
}

function saySpeed(times) {
  if (times.length <= SPEED_OVER) return;
  const rate = SPEED_OVER * 1000 / (times.at(-1) - times[0]);
  times.splice(0, SPEED_OVER);
  const slow = rate < facts.frame_rate / 2;
  say(slow ? `This computer finds ${rate.toFixed(1)} poses per second; the network was trained ` +
    `on ${facts.frame_rate} and may give wrong labels.`
    : "Camera: all images stay in this browser.", slow);
}

function bodiesOf(results) {
  const world = facts.frame_shape[2] === 3;
  const landmarks = world ? results.poseWorldLandmarks : results.poseLandmarks;
  if (!landmarks) return [];
  const scale = world ? 1 / (METRES[facts.unit] ?? 1) : 1;
  const least = facts.data.reading?.min_score ?? 0;
  const joints = landmarks.map(({ x, y, z, visibility }) => {
    const joint = (world ? [x, y, z] : [x, y]).map((value) => scale * value);
    const score = visibility ?? 1;
    return score > 0 && score >= least ? joint : joint.map(() => 0);
  });
  return [{ id: "camera", joints }];
}

function stopCamera() {
  camera.stream?.getTracks().forEach((track) => track.stop());
  camera.stream = byId("video").srcObject = null;
  if (!camera.running) return;
  camera.running = false;
  showButtons();
  say("The camera was stopped.");
  if (labels.length) offerLabels();
}
