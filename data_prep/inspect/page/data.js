// The recordings of a store, by class, columns and name; suspicious ones first.
const labels = decode(data.labels, Uint16Array);
const lengths = decode(data.lengths, Uint32Array);
const bodies = decode(data.bodies, Uint16Array);
const columns = Object.fromEntries(
  Object.entries(data.columns).map(([name, text]) => [name, decode(text, Uint32Array)]));
const reasons = new Map(data.suspects);
const ranks = new Map(data.suspects.map(([number], rank) => [number, rank]));
const dropped = new Set(data.dropped);
const MOST = 48;

function chosen() {
  const name = byId("name").value.toLowerCase();
  const label = data.classes.indexOf(byId("class").value);
  const wanted = [...document.querySelectorAll(".column")]
    .filter((select) => select.value !== "")
    .map((select) => [columns[select.dataset.column], Number(select.value)]);
  const suspicious = byId("suspicious").checked;
  const onlyDropped = byId("dropped") && byId("dropped").checked;
  return [...labels.keys()].filter((i) =>
    (label < 0 || labels[i] === label) && (!suspicious || reasons.has(i)) &&
    (!onlyDropped || dropped.has(i)) &&
    wanted.every(([column, value]) => column[i] === value) &&
    data.names[i].toLowerCase().includes(name));
}

function item(index) {
  const entry = make("li");
  const player = data.skeletons.players[index];
  if (player) entry.append(...playerOf(player, data.names[index]));
  entry.append(make("div", data.names[index]));
  entry.append(make("div", data.classes[labels[index]]));
  entry.append(make("div", `${lengths[index]} frames, bodies: ${bodies[index]}`));
  if (reasons.has(index)) entry.append(make("div", `suspicious: ${reasons.get(index)}`));
  if (index in data.notes) {
    const list = make("ul", undefined, { class: "bands", "aria-label": "people" });
    list.append(...data.notes[index].map(([note, dropped]) =>
      make("li", note, dropped ? { class: "dropped" } : {})));
    entry.append(list);
  } else if (index in data.decisions) {
    entry.append(make("div", `people: ${data.decisions[index]}`));
  }
  if (index in data.unread) entry.append(make("div", `not read again: ${data.unread[index]}`));
  return entry;
}

function show() {
  const found = chosen();
  const rank = (index) => ranks.get(index) ?? Infinity;
  const moves = (index) => String(index) in data.skeletons.players;
  found.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)) ||
    dropped.has(b) - dropped.has(a) || moves(b) - moves(a) || a - b);
  const more = found.length > MOST ? `, the first ${MOST} are shown` : "";
  byId("shown").textContent = `${found.length} recording${found.length === 1 ? "" : "s"}${more}`;
  byId("sequences").replaceChildren(...found.slice(0, MOST).map(item));
}

document.querySelectorAll(".controls input, .controls select").forEach((control) =>
  control.addEventListener("input", show));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
explainColours();
show();
