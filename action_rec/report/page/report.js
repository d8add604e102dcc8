// The matrix, the lists of sequences and the table of classes of a report.
const labels = decode(data.labels, Uint16Array);
const runs = data.runs.map((run) => ({
  name: run.name,
  predicted: decode(run.predicted, Uint16Array),
  confidence: decode(run.confidence, Uint8Array),
  overTime: run.over_time,
}));
const K = data.classes.length;
const current = { run: 0, order: data.clusters, row: -1, column: -1 };

// ---- confusion matrix

function countsOf(run) {
  const counts = new Uint32Array(K * K);
  for (let i = 0; i < labels.length; i++) counts[labels[i] * K + run.predicted[i]]++;
  return counts;
}
const counts = runs.map(countsOf);
const totals = new Uint32Array(K);
labels.forEach((label) => totals[label]++);

function orderBy(kind) {
  const numbers = [...Array(K).keys()];
  if (kind === "number") return numbers;
  if (kind === "cluster") return data.clusters;
  const errors = (k) => (totals[k] ? 1 - counts[current.run][k * K + k] / totals[k] : -1);
  return numbers.sort((a, b) => errors(b) - errors(a));
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const triple = (name) => style.getPropertyValue(name).split(",").map(Number);
  return { low: triple("--low"), high: triple("--high"), line: style.getPropertyValue("--line"),
    accent: style.getPropertyValue("--s1"), text: style.getPropertyValue("--text") };
}

function drawMatrix() {
  const canvas = byId("matrix");
  const size = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  const { low, high, line, accent } = colours();
  const cell = size / K;
  for (let row = 0; row < K; row++) {
    for (let column = 0; column < K; column++) {
      const truth = current.order[row];
      const share = totals[truth] ? counts[current.run][truth * K + current.order[column]] / totals[truth] : 0;
      const strength = share ? 0.12 + 0.88 * Math.sqrt(share) : 0;
      pen.fillStyle = `rgb(${low.map((value, i) => value + strength * (high[i] - value)).join(",")})`;
      pen.fillRect(column * cell, row * cell, cell + 0.5, cell + 0.5);
    }
  }
  pen.strokeStyle = line;
  pen.strokeRect(0.5, 0.5, size - 1, size - 1);
  if (current.row >= 0) {
    pen.strokeStyle = accent;
    pen.lineWidth = Math.max(2, devicePixelRatio);
    pen.strokeRect(current.column * cell, current.row * cell, cell, cell);
  }
}

function point(row, column) {
  if (row < 0 || column < 0 || row >= K || column >= K) return;
  current.row = row;
  current.column = column;
  const [truth, predicted] = [current.order[row], current.order[column]];
  const count = counts[current.run][truth * K + predicted];
  byId("cell").textContent = `true: ${data.classes[truth]}, predicted: ${data.classes[predicted]}: ` +
    `${count} of ${totals[truth]} sequences`;
  drawMatrix();
}

function place(event) {
  const box = byId("matrix").getBoundingClientRect();
  return [event.clientY - box.top, event.clientX - box.left].map((offset) => Math.floor((offset / box.width) * K));
}

byId("matrix").addEventListener("pointermove", (event) => point(...place(event)));
byId("matrix").addEventListener("click", (event) => {
  point(...place(event));
  showCell(current.order[current.row], current.order[current.column]);
});
byId("matrix").addEventListener("keydown", (event) => {
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  if (event.key in moves) {
    event.preventDefault();
    const [down, right] = moves[event.key];
    if (current.row < 0) point(0, 0);
    else point(current.row + down, current.column + right);
  } else if (event.key === "Enter" && current.row >= 0) {
    showCell(current.order[current.row], current.order[current.column]);
  }
});
byId("order").addEventListener("change", (event) => {
  current.order = orderBy(event.target.value);
  current.row = current.column = -1;
  drawMatrix();
});
if (byId("run")) {
  byId("run").addEventListener("change", (event) => {
    current.run = Number(event.target.value);
    current.order = orderBy(byId("order").value);
    drawMatrix();
    showErrors();
  });
}
document.querySelectorAll("button.cell").forEach((button) =>
  button.addEventListener("click", () => showCell(Number(button.dataset.true), Number(button.dataset.predicted))));

// ---- lists of sequences

const MOST = 60;

function show(heading, found, note) {
  const run = runs[current.run];
  const has = (index) => Boolean(data.skeletons && String(index) in data.skeletons.players);
  found.sort((a, b) => has(b) - has(a) || run.confidence[b] - run.confidence[a]);
  byId("shown").textContent = heading;
  const more = found.length > MOST ? `The first ${MOST} of ${found.length}. ` : "";
  byId("shown-note").textContent = more + note;
  byId("sequences").replaceChildren(...found.slice(0, MOST).map(item));
}

function showCell(truth, predicted) {
  const run = runs[current.run];
  const found = [];
  for (let i = 0; i < labels.length; i++) if (labels[i] === truth && run.predicted[i] === predicted) found.push(i);
  const right = truth === predicted ? ", which is right" : "";
  show(`${data.classes[truth]} recognized as ${data.classes[predicted]}${right}`, found,
    `${found.length} sequences.`);
  byId("shown").focus();
}

function showErrors() {
  const run = runs[current.run];
  const wrong = [...labels.keys()].filter((i) => run.predicted[i] !== labels[i]);
  wrong.sort((a, b) => run.confidence[b] - run.confidence[a]);
  show("Most confident errors", wrong.slice(0, 24), wrong.length ? "" : "No sequence is wrong.");
}

function item(index) {
  const run = runs[current.run];
  const entry = make("li");
  const player = data.skeletons && data.skeletons.players[index];
  const ribbon = player && index in run.overTime.players ? ribbonOf(run, index, player.frames) : undefined;
  if (player) entry.append(...playerOf(player, data.names[index], ribbon && ribbon.show));
  if (ribbon) entry.append(...ribbon.elements);
  entry.append(make("div", data.names[index]));
  entry.append(make("div", `true: ${data.classes[labels[index]]}`));
  entry.append(make("div", `predicted: ${data.classes[run.predicted[index]]}, ${run.confidence[index]} %`));
  return entry;
}

// ---- probabilities over time

const BANDS = ["s2", "s3", "s4", "s5", "s7"]; // not the colours of the skeletons
const WIDTH = 256, HEIGHT = 56;

// Bands of the likely classes, one on the other, the true class at the bottom; what is left free
// above them belongs to all other classes. The list under it has the numbers of the frame shown.
function ribbonOf(run, index, frames) {
  const { classes, data: text } = run.overTime.players[index];
  const values = decode(text, Uint8Array);
  const at = (frame, band) => values[frame * classes.length + band] / 255;
  const names = classes.map((label, band) => data.classes[label] + (band ? "" : " (true)"));
  const canvas = make("canvas", undefined, { role: "img", class: "ribbon", "aria-label": summary() });
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const list = make("ul", undefined, { class: "bands" });
  const cells = names.map((name, band) => {
    const row = make("li");
    const cell = make("span", "", { class: "number" });
    row.append(make("span", name, { class: `key ${BANDS[band]}` }), cell);
    list.append(row);
    return cell;
  });
  const pen = canvas.getContext("2d");
  const fills = BANDS.map(colourOf), ground = colourOf("page"), cursor = colourOf("text");

  function summary() {
    const end = classes.map((_, band) => `${names[band]} ${percent(at(frames - 1, band))}`).join(", ");
    const leads = [...Array(frames).keys()].filter((frame) =>
      classes.every((_, band) => at(frame, band) <= at(frame, 0))).length;
    return `probabilities over time of ${data.names[index]}: the true class is the most likely in ` +
      `${leads} of ${frames} frames shown; in the last one ${end}`;
  }

  function show(current) {
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    const step = WIDTH / frames;
    for (let frame = 0; frame < frames; frame++) {
      let below = HEIGHT;
      classes.forEach((_, band) => {
        const height = at(frame, band) * HEIGHT;
        pen.fillStyle = fills[band];
        pen.fillRect(frame * step, below - height, step + 0.5, height);
        below -= height;
      });
    }
    pen.fillStyle = cursor;
    pen.strokeStyle = ground;
    pen.strokeRect((current + 0.5) * step - 1.5, -1, 3, HEIGHT + 2);
    pen.fillRect((current + 0.5) * step - 1, 0, 2, HEIGHT);
    cells.forEach((cell, band) => (cell.textContent = percent(at(current, band))));
  }
  const heading = make("div", run.overTime.spread
    ? "probabilities, of clips spread over the recording" : "probabilities after each frame");
  return { elements: [heading, canvas, list], show };
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}

// ---- table of classes

const table = byId("class-table");
table.querySelectorAll("th button").forEach((button, column) =>
  button.addEventListener("click", () => {
    const down = button.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("th button").forEach((other) => other.removeAttribute("aria-sort"));
    button.setAttribute("aria-sort", down ? "descending" : "ascending");
    const cell = (row) => row.cells[column].textContent;
    const compare = button.dataset.kind === "number"
      ? (a, b) => Number(cell(a)) - Number(cell(b)) : (a, b) => cell(a).localeCompare(cell(b));
    const rows = [...table.tBodies[0].rows].sort((a, b) => (down ? compare(b, a) : compare(a, b)));
    table.tBodies[0].append(...rows);
  }));
byId("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});

addEventListener("resize", drawMatrix);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { drawMatrix(); showErrors(); });
if (data.skeletons) explainColours();
drawMatrix();
showErrors();
