// Recordings as frames: each frame is a list of bodies {id, joints}, joints a list of V lists of C
// numbers in the unit of the file.
"use strict";

const MOST_FRAMES = 100000;

class ReadingError extends Error {}

function readRecording(name, text, facts) {
  const frames = /\.skeleton$/i.test(name) ? readSkeleton(text, facts) : readJson(text);
  if (!frames.length) throw new ReadingError("the recording has no frames");
  return frames.map((bodies, index) => bodies.map((body) => checkBody(body, index, facts)));
}

// A file of NTU RGB+D (Kinect v2): see docs/formats.md.
function readSkeleton(text, facts) {
  if (facts.joint_names.length !== 25 || facts.frame_shape[2] !== 3) {
    throw new ReadingError("a .skeleton file has 25 joints in 3D, which this network does not read");
  }
  const lines = text.split("\n");
  let at = 0;
  const count = (what, most) => {
    const words = (lines[at++] ?? "").trim();
    if (!/^\d+$/.test(words) || Number(words) > most) {
      throw new ReadingError(`line ${at} is '${words.slice(0, 40)}', where ${what} is needed`);
    }
    return Number(words);
  };
  const frames = [];
  const total = count("the number of frames", MOST_FRAMES);
  for (let frame = 0; frame < total; frame++) {
    const bodies = [];
    const present = count("the number of bodies", 100);
    for (let body = 0; body < present; body++) {
      const id = (lines[at++] ?? "").trim().split(/\s+/)[0];
      const joints = [];
      const number = count("the number of joints", 25);
      for (let joint = 0; joint < number; joint++) {
        const words = (lines[at++] ?? "").trim().split(/\s+/);
        joints.push(words.slice(0, 3).map(Number));
      }
      bodies.push({ id, joints });
    }
    frames.push(bodies);
  }
  return frames;
}

// JSON lines or a JSON list of messages as `stream` reads them, {"joints": ...} or {"bodies": ...},
// or of arrays of joints.
function readJson(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch (whole) {
    try {
      content = text.split("\n").filter((line) => line.trim()).map((line) => JSON.parse(line));
    } catch (line) {
      throw new ReadingError(`the file is neither JSON nor lines of JSON (${whole.message})`);
    }
  }
  if (content && !Array.isArray(content)) content = content.frames ?? [content];
  if (!Array.isArray(content) || content.length > MOST_FRAMES) {
    throw new ReadingError(`the file has no list of at most ${MOST_FRAMES} frames`);
  }
  return content.map(readFrame);
}

function readFrame(frame, index) {
  if (frame && frame.bodies && typeof frame.bodies === "object" && !Array.isArray(frame.bodies)) {
    return Object.entries(frame.bodies).map(([id, joints]) => ({ id, joints }));
  }
  const joints = Array.isArray(frame) ? frame : frame?.joints;
  if (!Array.isArray(joints)) {
    throw new ReadingError(
      `frame ${index} has neither joints nor bodies; give {"joints": [[x, y, z], ...]}`);
  }
  const several = Array.isArray(joints[0]) && Array.isArray(joints[0][0]);
  return (several ? joints : [joints]).map((one, id) => ({ id: String(id), joints: one }));
}

// Joints as numbers: a joint of which a coordinate is none was not detected, and is 0.
function checkBody({ id, joints }, frame, facts) {
  const [, number, size] = facts.frame_shape;
  const good = Array.isArray(joints) && joints.length === number &&
    joints.every((joint) => Array.isArray(joint) && joint.length === size);
  if (!good) {
    throw new ReadingError(
      `body ${String(id).slice(0, 20)} of frame ${frame} does not have the ${number} joints of ` +
      `${facts.joint_set} with ${size} coordinates that the network reads`);
  }
  return { id, joints: joints.map((joint) => joint.every(isCoordinate) ? joint : joint.map(() => 0)) };
}

function isCoordinate(value) {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= 1e9;
}
