import { element, heatMap, lineChart, number, smooth, time } from "./chart.js";
import { Run, comparison, rows } from "./runs.js";

const INTERVAL = 2000;
const TONES = ["blue", "orange", "green", "purple", "amber", "cyan"].map((name) => "tone-" + name);
const AXES = {
  step: { label: "steps", write: (value) => number(Math.round(value)) },
  seconds: { label: "training time, s", write: time },
  tokens: { label: "tokens", write: (value) => number(value) },
};

const at = (id) => document.getElementById(id);
const runs = new Map();
const asked = new URLSearchParams(location.search);
let axis = AXES[asked.get("x")] ? asked.get("x") : "step";
let table = [];
let shown;
let heard = 0;

const isRunning = (row) => row.run.state === "running";
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
const shownRuns = () => table.filter((row) => shown.has(row.id) && row.run.state !== "unreadable").map((row) => runs.get(row.id));
const rowOf = (id) => table.find((row) => row.id === id);

// Those that were asked for, else those that run and the newest, as many as there are colours.
function choose() {
  const wanted = asked.getAll("run").filter((id) => rowOf(id));
  if (wanted.length) return new Set(wanted);
  const newest = [...table].sort((a, b) => isRunning(b) - isRunning(a) || b.run.started.localeCompare(a.run.started));
  return new Set(newest.slice(0, TONES.length).map((row) => row.id));
}

function remember() {
  const query = new URLSearchParams([...shown].map((id) => ["run", id]));
  if (axis !== "step") query.set("x", axis);
  history.replaceState(null, "", "?" + query);
}

async function update() {
  table = await rows();
  for (const row of table) if (!runs.has(row.id)) {
    runs.set(row.id, new Run(row.id, TONES[runs.size % TONES.length]));
    if (shown && shown.size < TONES.length && isRunning(row)) shown.add(row.id); // it began while we look
  }
  shown ??= choose();
  heard = Date.now();
  summary();
  let grown = false;
  for (const run of shownRuns()) {
    const row = rowOf(run.id).run, seen = row.updated + row.steps + row.state;
    if (run.seen === seen && row.state !== "running") continue;
    const fresh = await run.read("metrics") | await run.read("usage");
    if (run.state !== row.state || !run.details) await run.readDetails();
    grown ||= fresh || run.state !== row.state;
    run.state = row.state;
    run.seen = seen;
  }
  if (grown) await draw();
}

// Title, sentence, cards and the table of runs.
function summary() {
  const counts = new Map();
  table.forEach((row) => counts.set(row.run.state, (counts.get(row.run.state) ?? 0) + 1));
  const one = table.length === 1 ? table[0] : table.filter((row) => shown.has(row.id)).length === 1 ? table.find((row) => shown.has(row.id)) : undefined;
  at("title").textContent = one ? one.id : "Runs";
  document.title = one ? one.id + " · Mneme" : "Runs · Mneme";
  if (table.length === 0) at("verdict").textContent = "There are no runs here yet; the page shows them as soon as they begin.";
  else if (one) at("verdict").textContent = sentence(one.run);
  else at("verdict").textContent = plural(table.length, "run") + ": " + [...counts].map(([state, count]) => `${count} ${state}`).join(", ") + "." + lowest();
  cards(one?.run);
  at("runs").hidden = table.length < 2;
  if (table.length > 1) runTable();
}

function sentence(run) {
  const where = `step ${number(run.steps)}, ${number(run.tokens)} tokens, ${time(run.seconds ?? NaN)} of training`;
  if (run.state === "running") {
    const left = run.secondsLeft === null ? "" : `; about ${time(run.secondsLeft)} left`;
    return `Running: ${where}${left}.`;
  }
  const end = { finished: "Finished", stopped: "Stopped", failed: "Failed", lost: "Its process is gone" }[run.state] ?? run.state;
  return `${end} after ${where}.` + (run.message ? " " + run.message : "");
}

function lowest() {
  const scored = table.filter((row) => row.run.bestDevLoss !== null);
  if (scored.length === 0) return "";
  const best = scored.reduce((a, b) => b.run.bestDevLoss < a.run.bestDevLoss ? b : a);
  return ` The lowest loss on held-out text is ${number(best.run.bestDevLoss, 4)}: ${best.id}, after step ${number(best.run.bestStep)}.`;
}

function cards(run) {
  at("cards").hidden = !run;
  if (!run) return;
  const card = (label, value, note, ...more) => element("div", { class: "card" }, element("div", { class: "label" }, label),
    element("div", { class: "big" }, value), element("div", { class: "note" }, note), ...more);
  const best = run.bestStep === null ? "" : `lowest ${number(run.bestDevLoss, 4)} after step ${number(run.bestStep)}`;
  const made = [card("training loss", number(run.loss ?? NaN, 4), "mean of the last steps")];
  if (run.devLoss !== null) made.push(card("held-out loss", number(run.devLoss, 4), best));
  made.push(card("speed", number(run.tokensPerSecond ?? NaN), "tokens a second"));
  if (run.progress !== null) {
    made.push(card("done", Math.floor(100 * run.progress) + "\u202f%", run.state,
      element("progress", { value: run.progress, max: 1, "aria-label": "done" })));
  }
  at("cards").replaceChildren(...made);
}

function runTable() {
  const best = Math.min(...table.map((row) => row.run.bestDevLoss ?? Infinity));
  const head = ["run", "state", "steps", "loss", "held out", "best", "tokens/s", "memory", "training"];
  const spare = new Set([4, 7]);
  const body = table.map(({ id, run }) => {
    const box = element("input", { type: "checkbox", "aria-label": "show " + id });
    box.checked = shown.has(id);
    box.addEventListener("change", () => {
      if (box.checked) shown.add(id); else shown.delete(id);
      remember();
      summary();
      update().then(draw);
    });
    const state = run.state === "running" && run.progress !== null ? `running, ${Math.floor(100 * run.progress)}\u202f%` : run.state;
    const cells = [number(run.steps), number(run.loss ?? NaN, 4), number(run.devLoss ?? NaN, 4), number(run.bestDevLoss ?? NaN, 4),
      number(run.tokensPerSecond ?? NaN), run.residentBytes === null ? "–" : number(run.residentBytes) + "B", time(run.seconds ?? NaN)];
    return element("tr", { class: shown.has(id) ? runs.get(id).tone : "off" },
      element("th", { scope: "row" }, element("label", {}, box, element("span", { class: "swatch" }), id)),
      element("td", {}, element("span", { class: "state " + run.state, title: run.message }, state)),
      ...cells.map((cell, i) => element("td", { class: "number" + (spare.has(i + 2) ? " spare" : "") + (i === 3 && run.bestDevLoss === best ? " best" : "") }, cell)));
  });
  const heading = head.map((name, i) => element("th", { scope: "col", class: (i > 1 ? "number" : "") + (spare.has(i) ? " spare" : "") }, name));
  at("run-table").replaceChildren(element("table", {}, element("thead", {}, element("tr", {}, ...heading)), element("tbody", {}, ...body)));
}

async function draw() {
  document.body.dataset.draws = Number(document.body.dataset.draws ?? 0) + 1;
  curves();
  usage();
  details();
  await compare();
}

function curves() {
  const drawn = shownRuns().filter((run) => run.training.length || run.evaluations.length);
  at("curves").hidden = drawn.length === 0;
  if (drawn.length === 0) return;
  const single = drawn.length === 1, x = AXES[axis];
  const column = (lines, of) => lines.map((line) => [line[axis], of(line)]);
  const loss = [];
  for (const run of drawn) loss.push({ tone: run.tone, kind: "faint", points: column(run.training, (line) => line.loss ?? NaN) });
  for (const run of drawn) {
    const smoothed = smooth(run.training.map((line) => line.loss ?? NaN));
    loss.push({ name: single ? "training" : run.id, hint: single ? "training" : run.id, tone: run.tone, kind: "line", points: run.training.map((line, i) => [line[axis], smoothed[i]]) });
    for (const split of new Set(run.evaluations.map((line) => line.split))) {
      const name = split === "dev" ? "held out" : split;
      loss.push({ name, hint: single ? name : `${run.id}, ${name}`, label: single, tone: single ? TONES[1] : run.tone, kind: "dots",
        points: column(run.evaluations.filter((line) => line.split === split), (line) => line.loss ?? NaN) });
    }
  }
  lineChart(at("chart-loss"), { title: "Loss", x, y: { label: "loss in nats", write: (v) => number(v, 4) }, lines: loss });
  const small = (id, title, label, of, write = number) => lineChart(at(id), { title, x, y: { label, write, least: 0 }, lines: drawn.map((run) => (
    { name: single ? title.toLowerCase() : run.id, label: false, tone: run.tone, kind: "line", points: column(run.training, of) })) });
  small("chart-lr", "Learning rate", "of everything but values", (line) => line.lr);
  small("chart-speed", "Speed", "tokens a second, over the last steps", (line) => line.tokensPerSecond);
  small("chart-norm", "Gradient norm", "before clipping", (line) => line.gradientNorm ?? NaN);
  small("chart-memory", "Memory", "of the process, GB", (line) => line.residentBytes / 1e9);
}

function usage() {
  const drawn = shownRuns().filter((run) => run.layers.size);
  at("usage").hidden = drawn.length === 0;
  const x = AXES[axis], made = [];
  for (const run of drawn) for (const [layer, windows] of run.layers) {
    const slots = windows[windows.length - 1].slots, key = `${[...runs.keys()].indexOf(run.id)}-${layer}`;
    const chart = element("figure", { class: "chart", id: "usage-" + key }), heat = element("figure", { class: "heat", id: "heat-" + key });
    made.push({ run, layer, windows, slots, chart, heat });
  }
  at("layers").replaceChildren(...made.flatMap(({ run, layer, slots, chart, heat }) => [
    element("h3", {}, `${drawn.length > 1 || table.length > 1 ? run.id + ", " : ""}layer ${layer}, ${plural(slots, "slot")}`),
    element("div", { class: "columns" }, chart, heat)]));
  for (const { windows, chart, heat, slots } of made) {
    const line = (name, of, tone, kind) => ({ name, tone, kind, points: windows.map((window) => [axis === "tokens" ? window.step : window[axis], 100 * window[of]]) });
    const over = axis === "tokens" ? AXES.step : x;
    lineChart(chart, { title: "", x: over, y: { label: "slots used, %", write: (v) => number(v) + "\u202f%", least: 0 }, lines: [
      line("used", "used", TONES[0], "line"), line("ceiling", "usedCeiling", TONES[0], "dashed"),
      line("top-1", "top1", TONES[1], "line"), line("top-1 ceiling", "top1Ceiling", TONES[1], "dashed")] });
    const grouped = windows.filter((window) => window.groups?.length);
    if (grouped.length) {
      const each = Math.round(slots / grouped[0].groups.length);
      heatMap(heat, { heading: `reads, by group of ${plural(each, "neighbouring slot")}`, x: over,
        windows: grouped.map((window) => ({ x: axis === "seconds" ? window.seconds : window.step, groups: window.groups })) });
    }
  }
}

function details() {
  const drawn = shownRuns().filter((run) => run.details);
  at("details").hidden = drawn.length === 0;
  const pairs = (entries) => element("dl", {}, ...entries.map(([key, value]) => element("div", {}, element("dt", {}, key), element("dd", {}, value))));
  const open = new Set([...at("detail-list").querySelectorAll("details[open]")].map((one) => one.dataset.run));
  at("detail-list").replaceChildren(...drawn.map((run) => {
    const { settings, provenance, checkpoints, report } = run.details;
    const made = element("details", { "data-run": run.id }, element("summary", {}, run.id));
    made.open = open.has(run.id);
    if (report) made.append(element("p", {}, element("a", { href: "report?id=" + encodeURIComponent(run.id) }, "The run's own page")));
    const parts = [["Settings", Object.entries(settings)], ["Checkpoints", checkpoints.map((saved) => [saved.name, number(saved.bytes) + "B"])],
      ["Where it comes from", Object.entries(provenance)]];
    for (const [title, entries] of parts) if (entries.length) made.append(element("h3", {}, title), pairs(entries));
    return made;
  }));
}

async function compare() {
  const ids = shownRuns().map((run) => run.id);
  at("comparison").hidden = ids.length < 2;
  if (ids.length < 2) return;
  const found = await comparison(ids);
  const heading = (first) => element("thead", {}, element("tr", {}, element("th", { scope: "col" }, first),
    ...ids.map((id) => element("th", { scope: "col", class: "number" }, id))));
  const point = (name, figures) => element("tr", {}, element("th", { scope: "row" }, name),
    ...figures.map((one) => element("td", { class: "number" }, one ? `${number(one.loss ?? NaN, 4)} / ${number(one.devLoss ?? NaN, 4)}` : "–")));
  at("figure-table").replaceChildren(element("h3", {}, "Losses, training / held out"), element("table", {}, heading(""), element("tbody", {},
    point("at the end", found.last), point("at the lowest held-out loss", found.best),
    point(`equal steps, ${number(found.equalSteps.at)}`, found.equalSteps.runs),
    point(`equal time, ${time(found.equalSeconds.at)}`, found.equalSeconds.runs),
    point(`equal tokens, ${number(found.equalTokens.at)}`, found.equalTokens.runs))));
  const settings = found.settings.map(({ key, values }) => element("tr", {}, element("th", { scope: "row" }, key),
    ...values.map((value, i) => element("td", { "data-label": ids[i] }, value ?? "–"))));
  const head = element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "setting"), ...ids.map((id) => element("th", { scope: "col" }, id))));
  at("setting-table").replaceChildren(element("h3", {}, settings.length ? "Settings that differ" : "The settings are the same"),
    ...(settings.length ? [element("table", {}, head, element("tbody", {}, ...settings))] : []));
}

async function follow() {
  try {
    await update();
    at("byline").textContent = "";
  } catch (problem) {
    at("byline").textContent = heard ? `No answer from mneme watch since ${new Date(heard).toLocaleTimeString()}; is it still running?` : String(problem);
  }
  setTimeout(follow, INTERVAL);
}

for (const choice of document.querySelectorAll("#x-axis input")) {
  choice.checked = choice.value === axis;
  choice.addEventListener("change", () => { axis = choice.value; remember(); draw(); });
}
let resized;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(draw, 150); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
follow();
