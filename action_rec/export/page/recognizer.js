// The network, and the choice of its bodies: the same as action_rec/live/scene.py.
"use strict";

const GONE_AFTER = 30; // frames after which a body that is not seen has left
const MEMORY = 300; // frames over which motion is averaged
const MUCH_MORE = 2; // how much more another body must move to take a place

function decode(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

async function loadNetwork() {
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = decode(RUNTIME.binary).buffer;
  const module = new Blob([decode(RUNTIME.module)], { type: "text/javascript" });
  ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(module) };
  return ort.InferenceSession.create(decode(MODEL.onnx), { executionProviders: ["wasm"] });
}

class Seen {
  constructor() {
    Object.assign(this, { frames: 0, wide: 0, gone: 0, weight: 0 });
  }

  see(joints, maxSpread) {
    const size = joints[0].length;
    const axis = (index) => joints.map((joint) => joint[index]);
    const extent = (values) => Math.max(...values) - Math.min(...values);
    this.frames += 1;
    if (extent(axis(0)) > maxSpread * extent(axis(1))) this.wide += 1;
    const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
    this.origin ??= Array.from({ length: size }, (_, index) => mean(axis(index)));
    this.sum ??= new Float64Array(size);
    this.squares ??= new Float64Array(size);
    const forget = 1 - 1 / MEMORY;
    this.weight = forget * this.weight + joints.length;
    for (let index = 0; index < size; index++) {
      const offsets = axis(index).map((value) => value - this.origin[index]);
      this.sum[index] = forget * this.sum[index] + offsets.reduce((a, b) => a + b, 0);
      this.squares[index] = forget * this.squares[index] + offsets.reduce((a, b) => a + b * b, 0);
    }
  }

  motion() {
    let total = 0;
    this.sum.forEach((sum, index) => {
      total += this.squares[index] / this.weight - (sum / this.weight) ** 2;
    });
    return total;
  }
}

class Scene {
  constructor(rules, places) {
    const own = rules.name === "sgn" ? rules : {};
    this.places = new Array(Math.max(1, Math.min(places, rules.max_bodies ?? places))).fill(null);
    this.byMotion = ["sgn", "energy"].includes(rules.name);
    this.minFrames = own.min_frames ?? 0;
    this.maxSpread = own.max_spread ?? Infinity;
    this.maxInvalid = own.max_invalid_share ?? Infinity;
    this.seen = new Map();
  }

  // The body in each place in this frame; null where nobody is.
  assign(bodies) {
    const here = new Map(bodies.map((body) => [body.id, body]));
    for (const [id, body] of [...this.seen]) {
      body.gone = here.has(id) ? 0 : body.gone + 1;
      if (body.gone > GONE_AFTER) this.seen.delete(id);
    }
    this.places = this.places.map((id) => (this.seen.has(id) ? id : null));
    for (const [id, body] of here) {
      if (!this.seen.has(id)) this.seen.set(id, new Seen());
      this.seen.get(id).see(body.joints, this.maxSpread);
    }
    const others = [...this.seen.keys()].filter((id) => here.has(id) && !this.places.includes(id));
    if (this.byMotion) others.sort((a, b) => this.motion(b) - this.motion(a));
    const changed = new Set();
    for (const id of others) {
      const body = this.seen.get(id);
      const joins = body.frames >= this.minFrames && body.wide < this.maxInvalid * body.frames;
      if (!joins && this.places.some((place) => place !== null)) continue;
      const place = this.placeFor(id);
      if (place === null) continue;
      if (this.places[place] !== null) changed.add(place);
      this.places[place] = id;
    }
    return this.places.map((id, place) => (changed.has(place) ? null : here.get(id) ?? null));
  }

  placeFor(id) {
    if (this.places.includes(null)) return this.places.indexOf(null);
    if (!this.byMotion) return null;
    const motions = this.places.map((one) => this.motion(one));
    const least = motions.indexOf(Math.min(...motions));
    return this.motion(id) > MUCH_MORE * motions[least] ? least : null;
  }

  motion(id) {
    const body = this.seen.get(id);
    return body.wide < this.maxInvalid * body.frames ? body.motion() : 0;
  }
}

class Recognizer {
  constructor(session, facts) {
    this.session = session;
    this.facts = facts;
    this.running = Promise.resolve();
    this.start();
  }

  start() {
    this.scene = new Scene(this.facts.data.rules ?? {}, this.facts.frame_shape[0]);
    this.begin();
  }

  begin() {
    this.states = this.facts.states.map(({ name, shape }) =>
      [name, new ort.Tensor("float32", new Float32Array(shape[1]), shape)]);
    this.frames = 0;
    this.gone = 0;
    this.latest = null;
  }

  // Probabilities after a frame; null while nobody has been there.
  async step(bodies) {
    const there = bodies.filter((body) => body.joints.flat().some((value) => value !== 0));
    const places = this.scene.assign(there);
    if (places.every((body) => body === null)) {
      this.gone += 1;
      if (this.gone > GONE_AFTER) this.begin();
      return null;
    }
    this.gone = 0;
    if (this.frames++ % this.facts.frame_step === 0) this.latest = await this.compute(places);
    return this.latest;
  }

  async compute(places) {
    const [, joints, size] = this.facts.frame_shape;
    const frame = new Float32Array(this.facts.frame_shape.reduce((a, b) => a * b));
    places.forEach((body, place) => {
      if (body) frame.set(body.joints.flat(), place * joints * size);
    });
    // One step after the other, since each needs the states of the one before.
    this.running = this.running.catch(() => {}).then(() => this.run(frame));
    return this.running;
  }

  async run(frame) {
    const before = this.states;
    const feeds = Object.fromEntries(before);
    feeds.frame = new ort.Tensor("float32", frame, [1, ...this.facts.frame_shape]);
    const outputs = await this.session.run(feeds);
    if (this.states === before) { // else the stream began anew meanwhile
      this.states = before.map(([name]) => [name, outputs[`next_${name}`]]);
    }
    return outputs.probabilities.data;
  }
}
