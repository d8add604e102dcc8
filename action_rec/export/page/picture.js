// The skeleton of a frame, and the probabilities over time.
"use strict";

const SHOWN = 6; // actions with a colour of their own
const WINDOW = 300; // frames of the ribbon

function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function seriesColours() {
  return colour("--series").split(" ");
}

class SkeletonPicture {
  constructor(canvas, facts) {
    this.canvas = canvas;
    this.facts = facts;
    // A Kinect has y up and sees x to its left; in images y points down.
    const kinect = facts.joint_set.startsWith("kinect") && facts.frame_shape[2] === 3;
    this.signs = kinect ? [-1, -1] : [1, 1];
    this.fit([]);
  }

  // Choose the part of the plane that is shown.
  fit(frames) {
    this.low = [Infinity, Infinity];
    this.high = [-Infinity, -Infinity];
    frames.forEach((bodies) => this.include(bodies));
  }

  include(bodies) {
    for (const joint of bodies.flatMap((body) => body.joints).filter(isDetected)) {
      this.point(joint).forEach((value, axis) => {
        this.low[axis] = Math.min(this.low[axis], value);
        this.high[axis] = Math.max(this.high[axis], value);
      });
    }
  }

  point(joint) {
    return [this.signs[0] * joint[0], this.signs[1] * joint[1]];
  }

  draw(bodies) {
    const { context, width, height } = prepare(this.canvas);
    this.include(bodies);
    const extent = this.high.map((value, axis) => Math.max(value - this.low[axis], 1e-9));
    const scale = 0.86 * Math.min(width / extent[0], height / extent[1]);
    const place = (joint) => this.point(joint).map((value, axis) =>
      (axis ? height : width) / 2 + scale * (value - (this.low[axis] + this.high[axis]) / 2));
    const colours = seriesColours();
    bodies.forEach((body, index) => {
      context.strokeStyle = context.fillStyle = colours[index % colours.length];
      context.lineWidth = 3;
      context.lineCap = "round";
      body.joints.forEach((joint, number) => {
        const parent = body.joints[this.facts.joint_parents[number]];
        if (!isDetected(joint)) return;
        context.beginPath();
        context.arc(...place(joint), 3.5, 0, 2 * Math.PI);
        context.fill();
        if (!isDetected(parent)) return;
        context.beginPath();
        context.moveTo(...place(joint));
        context.lineTo(...place(parent));
        context.stroke();
      });
    });
  }
}

function isDetected(joint) {
  return joint.some((value) => value !== 0);
}

class Ribbon {
  constructor(canvas, legend, names) {
    Object.assign(this, { canvas, legend, names });
    this.start(WINDOW);
  }

  start(frames) {
    this.steps = [];
    this.first = 0;
    this.window = Math.min(Math.max(frames, 2), WINDOW);
    this.shown = []; // classes, in the order in which they became likely
    this.draw();
  }

  add(probabilities) {
    this.steps.push(probabilities && Float32Array.from(probabilities));
    if (this.steps.length > this.window) this.steps.shift();
    if (probabilities) this.choose();
    this.draw();
  }

  // The actions that are most likely in the window; one that stays keeps its colour.
  choose() {
    const peaks = this.names.map((_, k) =>
      this.steps.reduce((peak, step) => Math.max(peak, step ? step[k] : 0), 0));
    const best = peaks.map((_, k) => k).sort((a, b) => peaks[b] - peaks[a]).slice(0, SHOWN);
    const kept = Array.from({ length: Math.min(SHOWN, best.length) }, (_, place) =>
      best.includes(this.shown[place]) ? this.shown[place] : undefined);
    const rest = best.filter((k) => !kept.includes(k));
    this.shown = kept.map((k) => k ?? rest.shift());
  }

  draw() {
    const { context, width, height } = prepare(this.canvas);
    const colours = seriesColours();
    const step = width / this.window;
    this.steps.forEach((probabilities, index) => {
      if (!probabilities) return;
      let top = height;
      const bar = (share, fill) => {
        context.fillStyle = fill;
        const left = Math.floor(index * step); // whole pixels: no seams
        const right = Math.ceil((index + 1) * step);
        context.fillRect(left, top - share * height, right - left, share * height);
        top -= share * height;
      };
      this.shown.forEach((k, place) => bar(probabilities[k], colours[place]));
      bar(Math.max(0, top / height), colour("--rest"));
    });
    this.list(colours);
  }

  list(colours) {
    const latest = this.steps.at(-1);
    const rows = this.shown.map((k, place) => {
      const row = document.createElement("li");
      const [mark, name, share] = ["i", "span", "b"].map((tag) => document.createElement(tag));
      mark.style.background = colours[place];
      name.textContent = this.names[k];
      name.title = this.names[k];
      share.textContent = latest ? `${(100 * latest[k]).toFixed(1)} %` : "";
      row.append(mark, name, share);
      return row;
    });
    this.legend.replaceChildren(...rows);
  }
}
