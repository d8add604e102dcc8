"use strict";
// What all pages share: their data, elements made of text, and moving skeletons.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

function decode(text, Type) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Type(bytes.buffer);
}

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const COLOURS = ["middle", "left", "right", "dropped"];
const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

// What the colours of the players mean, in the element #key of the page.
function explainColours() {
  const { sides, players } = data.skeletons;
  const key = (side, name) => make("span", name, { class: `key ${COLOURS[side]}` });
  byId("key").append(...Object.entries(sides).map(([side, name]) => key(side, name)));
  if (Object.values(players).some((player) => player.actors.includes(-1))) {
    byId("key").append(key(3, "dropped by the people rules (dashed)"));
  }
}

// A moving skeleton; onFrame, if given, is called with the number of each frame that is drawn.
function playerOf(player, name, onFrame = () => {}) {
  const { joints, bones, further } = data.skeletons;
  const bodies = player.actors.length;
  const numbers = decode(player.data, Uint8Array);
  const canvas = make("canvas", undefined, { role: "img", "aria-label": `moving skeleton of ${name}` });
  canvas.width = canvas.height = 256;
  const button = make("button", "play", { "aria-label": `play ${name}` });
  const slider = make("input", undefined, { type: "range", min: 0, max: player.frames - 1, value: player.start,
    "aria-label": `frame of ${name}` });
  const colours = COLOURS.map(colourOf);
  const pen = canvas.getContext("2d");
  pen.lineWidth = 3;
  function draw(frame) {
    pen.clearRect(0, 0, 256, 256);
    player.actors.forEach((actor, body) => {
      const at = (joint, axis) => numbers[(((frame * bodies + body) * joints) + joint) * 2 + axis];
      const dropped = actor < 0;
      pen.globalAlpha = dropped || actor === 0 ? 1 : further;
      pen.setLineDash(dropped ? [4, 3] : []);
      for (const [joint, parent, side] of bones) {
        if (at(joint, 0) === 255 || at(parent, 0) === 255) continue;
        pen.strokeStyle = colours[dropped ? 3 : side];
        pen.beginPath();
        pen.moveTo(at(joint, 0) + 1, at(joint, 1) + 1);
        pen.lineTo(at(parent, 0) + 1, at(parent, 1) + 1);
        pen.stroke();
      }
    });
    onFrame(frame);
  }
  let started = 0;
  function tick(now) {
    if (!started || !canvas.isConnected) return;
    const frame = Math.floor(((now - started) / 1000) * player.rate) % player.frames;
    slider.value = frame;
    draw(frame);
    requestAnimationFrame(tick);
  }
  button.addEventListener("click", () => {
    const playing = button.textContent === "pause";
    button.textContent = playing ? "play" : "pause";
    started = playing ? 0 : performance.now() - (Number(slider.value) / player.rate) * 1000;
    if (!playing) requestAnimationFrame(tick);
  });
  slider.addEventListener("input", () => {
    started = 0;
    button.textContent = "play";
    draw(Number(slider.value));
  });
  draw(player.start);
  const controls = make("div", undefined, { class: "play" });
  controls.append(button, slider);
  return [canvas, controls];
}
