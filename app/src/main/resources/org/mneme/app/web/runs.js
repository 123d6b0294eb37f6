// The runs as the page knows them: read from the server, which is asked only for what is new.

const MOST_STEPS = 20000;

async function get(path, parameters = []) {
  const query = new URLSearchParams(parameters).toString();
  const response = await fetch(path + (query ? "?" + query : ""));
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

export class Run {
  constructor(id, tone) {
    this.id = id;
    this.tone = tone;
    this.places = { metrics: 0, usage: 0 };
    this.clear("metrics");
    this.clear("usage");
  }

  clear(file) {
    if (file === "metrics") {
      this.training = [];
      this.evaluations = [];
      this.last = undefined;
      this.stride = 1;
      this.pending = [];
    } else {
      this.layers = new Map();
    }
  }

  // Reads what was added to a file; returns whether there was something.
  async read(file) {
    let grown = false;
    for (;;) {
      const tail = await get("api/lines", { id: this.id, file, from: this.places[file] });
      if (tail.restart) this.clear(file);
      grown ||= tail.restart || tail.lines !== "";
      for (const line of tail.lines.split("\n")) if (line) this.add(file, line);
      const more = tail.next > this.places[file] && tail.next < tail.size;
      this.places[file] = tail.next;
      if (!more) return grown;
    }
  }

  add(file, text) {
    let line;
    try { line = JSON.parse(text); } catch { return; }
    if (file === "usage") {
      if (line.layer === undefined) return;
      if (!this.layers.has(line.layer)) this.layers.set(line.layer, []);
      this.layers.get(line.layer).push(line);
    } else if (line.split === "train") {
      this.last = line;
      this.pending.push(line);
      if (this.pending.length >= this.stride) this.training.push(mean(this.pending.splice(0)));
      if (this.training.length > MOST_STEPS) this.halve();
    } else {
      this.evaluations.push(line);
    }
  }

  // Long runs are kept at half the resolution, again and again.
  halve() {
    const halved = [];
    for (let i = 0; i < this.training.length; i += 2) halved.push(mean(this.training.slice(i, i + 2)));
    this.training = halved;
    this.stride *= 2;
  }

  async readDetails() {
    this.details = await get("api/run", { id: this.id });
  }
}

// The last of some lines with the mean of their figures that jump from step to step.
function mean(lines) {
  const merged = { ...lines[lines.length - 1] };
  for (const key of ["loss", "gradientNorm"]) {
    const values = lines.map((line) => line[key]).filter(Number.isFinite);
    if (values.length) merged[key] = values.reduce((a, b) => a + b) / values.length;
  }
  return merged;
}

export const rows = () => get("api/runs");
export const comparison = (ids) => get("api/compare", ids.map((id) => ["id", id]));
