// Line charts in SVG and heat maps on a canvas, in the classes of the reports' chart.css.

const SVG = "http://www.w3.org/2000/svg";
const MOST_POINTS = 500;

export function element(name, attributes = {}, ...children) {
  const made = name === "svg" || element.svg.has(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== false) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}
element.svg = new Set(["line", "path", "text", "g", "rect", "clipPath"]);

// A number with about `digits` digits, thousands separated, k, M, G where it is large.
export function number(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return fixed(value, 0);
  if (size !== 0 && size < 1e-3) return value.toExponential(Math.max(0, digits - 2)).replace("-", "\u2212");
  if (size >= 1e6) {
    const power = Math.min(4, Math.floor(Math.log10(size) / 3));
    return fixed(value / 1000 ** power, Math.max(0, digits - 1 - Math.floor(Math.log10(size / 1000 ** power)))) + "\u202f" + " kMGT"[power];
  }
  return fixed(value, Math.max(0, digits - 1 - Math.max(0, Math.floor(Math.log10(size || 1)))));
}

function fixed(value, decimals) {
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace("-", "\u2212");
}

// Seconds for people.
export function time(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 100) return number(seconds, seconds < 10 ? 2 : 2) + "\u202fs";
  if (seconds < 6000) return Math.round(seconds / 60) + "\u202fmin";
  if (seconds < 172800) return number(seconds / 3600, 2) + "\u202fh";
  return number(seconds / 86400, 2) + "\u202fd";
}

// The value at each point of the straight line that fits the points around it best.
export function smooth(values) {
  const half = Math.floor(Math.max(1, values.length / 12) / 2);
  const sums = [[0, 0, 0, 0, 0]];
  values.forEach((y, x) => {
    const last = sums[sums.length - 1];
    sums.push(Number.isFinite(y) ? [last[0] + 1, last[1] + x, last[2] + y, last[3] + x * x, last[4] + x * y] : last);
  });
  return values.map((_, at) => {
    const from = sums[Math.max(0, at - half)], to = sums[Math.min(values.length, at + half + 1)];
    const [n, x, y, xx, xy] = to.map((sum, i) => sum - from[i]);
    if (n < 2) return n === 0 ? NaN : y;
    return y / n + (n * xy - x * y) / (n * xx - x * x) * (at - x / n);
  });
}

// At most MOST_POINTS points: of each stretch its lowest and its highest.
function thin(points) {
  if (points.length <= MOST_POINTS) return points;
  const kept = [], stretch = 2 * points.length / MOST_POINTS;
  for (let from = 0; from < points.length; from += stretch) {
    const part = points.slice(Math.floor(from), Math.max(Math.floor(from) + 1, Math.floor(from + stretch)));
    const low = part.reduce((a, b) => b[1] < a[1] ? b : a), high = part.reduce((a, b) => b[1] > a[1] ? b : a);
    kept.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
  }
  return kept;
}

function ticks(min, max, wanted) {
  const rough = (max - min) / Math.max(1, wanted), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => rough <= size * 1.0000001);
  const found = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9 && found.length < 50; i++) found.push(i * step || 0);
  const decimals = Math.max(0, Math.min(8, -Math.floor(Math.log10(step) + 1e-9)));
  const largest = Math.max(...found.map(Math.abs), 0);
  return { values: found, write: (value) => largest >= 1e5 ? number(value, 2) : largest > 0 && largest < 1e-3 ? number(value, 3) : fixed(value, decimals) };
}

function range(values, least) {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return undefined;
  let min = finite.reduce((a, b) => Math.min(a, b)), max = finite.reduce((a, b) => Math.max(a, b));
  if (least !== undefined) min = Math.min(min, least);
  if (min === max) { max += Math.abs(max) * 0.1 || 1; min = least === undefined ? min - Math.abs(min) * 0.1 : min; }
  return [min, max];
}

// Draws `lines` ({name, tone, kind: line | faint | dashed | dots, points: [[x, y], ...]}) into `figure`.
export function lineChart(figure, { title, x, y, lines }) {
  const width = Math.max(260, figure.clientWidth), narrow = width < 620;
  const height = narrow ? 170 : 250, top = 26;
  const drawn = lines.map((line) => ({ ...line, points: thin(line.points.filter((p) => Number.isFinite(p[0]) && Number.isFinite(p[1]))) }));
  const strong = drawn.filter((line) => line.kind !== "faint");
  const xs = range(drawn.flatMap((line) => line.points.map((p) => p[0])));
  let ys = range((strong.some((l) => l.points.length) ? strong : drawn).flatMap((line) => line.points.map((p) => p[1])), y.least);
  figure.replaceChildren(...(title ? [element("h3", {}, title)] : []));
  if (!xs || !ys) {
    figure.append(element("p", { class: "muted" }, "nothing yet"));
    return;
  }
  const near = ys[0] >= 0 && ys[0] < 0.25 * ys[1], room = (ys[1] - ys[0]) * 0.06;
  ys = [near || ys[0] === y.least ? Math.min(ys[0], y.least ?? 0) : ys[0] - room, ys[1] + room];
  const marks = ticks(ys[0], ys[1], height / 48), written = marks.values.map(marks.write);
  const left = 10 + 7.2 * Math.max(...written.map((text) => text.length));
  const named = narrow ? [] : drawn.filter((line) => line.name && line.label !== false && line.points.length);
  const right = width - (named.length ? 12 + 6.9 * Math.max(...named.map((line) => line.name.length)) : 4);
  const px = (v) => left + (v - xs[0]) / (xs[1] - xs[0]) * (right - left);
  const py = (v) => top + height - (v - ys[0]) / (ys[1] - ys[0]) * height;
  const svg = element("svg", { class: "chart", role: "img", "aria-label": title || y.label, viewBox: `0 0 ${width} ${top + height + 38}`, width, height: top + height + 38 });
  const text = (css, at, to, anchor, content) => svg.append(element("text", { class: css, x: at.toFixed(1), y: to.toFixed(1), "text-anchor": anchor }, content));
  const stroke = (css, x1, y1, x2, y2) => svg.append(element("line", { class: css, x1, y1, x2, y2 }));
  text("heading", 0, 12, "start", y.label);
  marks.values.forEach((value, i) => {
    stroke("grid", left, py(value), right, py(value));
    text("tick", left - 8, py(value) + 4, "end", written[i]);
  });
  stroke("axis", left, top + height, right, top + height);
  const across = ticks(xs[0], xs[1], Math.max(2, (right - left) / 90));
  across.values.forEach((value) => {
    stroke("axis", px(value), top + height, px(value), top + height + 4);
    text("tick", px(value), top + height + 17, "middle", across.write(value));
  });
  text("heading", right, top + height + 33, "end", x.label);
  const clip = figure.id + "-clip";
  svg.append(element("clipPath", { id: clip }, element("rect", { x: left - 4, y: top - 4, width: right - left + 8, height: height + 8 })));
  const group = element("g", { "clip-path": `url(#${clip})` });
  for (const line of drawn) {
    if (line.points.length === 0) continue;
    const at = line.points.map((p) => px(p[0]).toFixed(1) + " " + py(p[1]).toFixed(1));
    const css = { line: "line ", faint: "line faint ", dashed: "line dashed ", dots: "line " }[line.kind] + line.tone;
    group.append(element("path", { class: css, d: "M" + at.join("L"), "data-points": line.points.length }));
    if (line.kind === "dots" || line.points.length === 1) group.append(element("path", { class: "dots " + line.tone, d: at.map((p) => `M${p}h0`).join("") }));
  }
  svg.append(group);
  names(named, py, top, height).forEach(([line, at]) => text("name " + line.tone, right + 8, at + 4, "start", line.name));
  if (narrow) {
    const keys = drawn.filter((line) => line.name && line.label !== false && line.points.length);
    if (keys.length > 1) figure.append(element("div", { class: "keys" }, ...keys.map((line) => element("span", { class: line.tone }, element("i", { class: line.kind }), line.name))));
  }
  figure.append(svg);
  hover(figure, svg, { x, y, px, top, height, left, right, lines: drawn.filter((line) => line.kind !== "faint" && line.points.length) });
}

// Where the names of lines go: at their ends, moved apart.
function names(lines, py, top, height) {
  const placed = lines.map((line) => [line, py(line.points[line.points.length - 1][1])]).sort((a, b) => a[1] - b[1]);
  for (let i = 1; i < placed.length; i++) placed[i][1] = Math.max(placed[i][1], placed[i - 1][1] + 15);
  let floor = top + height;
  for (let i = placed.length - 1; i >= 0; i--) { placed[i][1] = Math.min(placed[i][1], floor); floor = placed[i][1] - 15; }
  return placed;
}

function hover(figure, svg, { x, y, px, top, height, left, right, lines }) {
  const cursor = element("line", { class: "cursor", y1: top, y2: top + height });
  const hint = element("div", { class: "hint" });
  const row = (name, value, tone) => element("div", {}, element("b", { class: tone }, name), element("span", {}, value));
  const hide = () => { cursor.remove(); hint.remove(); };
  const show = (event) => {
    const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    if (at < left - 12 || at > right + 12) return hide();
    const near = lines.map((line) => [line, line.points.reduce((a, b) => Math.abs(px(b[0]) - at) < Math.abs(px(a[0]) - at) ? b : a)])
      .filter(([, point]) => Math.abs(px(point[0]) - at) < 60);
    if (near.length === 0) return hide();
    const nearest = near.reduce((a, b) => Math.abs(px(b[1][0]) - at) < Math.abs(px(a[1][0]) - at) ? b : a)[1][0];
    cursor.setAttribute("x1", px(nearest));
    cursor.setAttribute("x2", px(nearest));
    hint.replaceChildren(row(x.label, x.write(nearest)), ...near.sort((a, b) => b[1][1] - a[1][1]).map(([line, point]) => row(line.hint ?? line.name, y.write(point[1]), line.tone)));
    svg.append(cursor);
    figure.append(hint);
    const frame = figure.getBoundingClientRect(), place = event.clientX - frame.left + 16;
    hint.style.left = (place + hint.offsetWidth > frame.width ? Math.max(0, place - hint.offsetWidth - 32) : place) + "px";
    hint.style.top = (event.clientY - frame.top + 12) + "px";
  };
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", hide);
}

const MOST_COLUMNS = 400;

// Draws windows ({x, groups: [share, ...]}) as columns: a cell is as strong as its group is read, 1 being an even share.
export function heatMap(figure, { heading, x, windows }) {
  const style = getComputedStyle(document.documentElement);
  const colours = ["--heat-0", "--heat-1", "--heat-2"].map((name) => style.getPropertyValue(name).trim().match(/\w\w/g).map((hex) => parseInt(hex, 16)));
  const every = Math.ceil(windows.length / MOST_COLUMNS), shown = windows.filter((_, i) => i % every === 0 || i === windows.length - 1);
  const groups = shown[0].groups.length;
  const canvas = element("canvas", { width: shown.length, height: groups, role: "img", "aria-label": heading, "data-columns": shown.length, "data-groups": groups });
  const context = canvas.getContext("2d"), image = context.createImageData(shown.length, groups);
  shown.forEach((window, column) => window.groups.forEach((share, group) => {
    const strength = Math.min(1, Math.sqrt(share * groups / 4));
    const [from, to, part] = strength < 0.5 ? [colours[0], colours[1], strength * 2] : [colours[1], colours[2], strength * 2 - 1];
    const at = 4 * ((groups - 1 - group) * shown.length + column);
    for (let i = 0; i < 3; i++) image.data[at + i] = from[i] + (to[i] - from[i]) * part;
    image.data[at + 3] = 255;
  }));
  context.putImageData(image, 0, 0);
  const note = element("div", { class: "heading" }, heading);
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    const window = shown[Math.min(shown.length - 1, Math.floor((event.clientX - box.left) / box.width * shown.length))];
    const group = Math.max(0, groups - 1 - Math.floor((event.clientY - box.top) / box.height * groups));
    note.textContent = `group ${group}, ${x.label} ${x.write(window.x)}: ${number(window.groups[group] * groups, 3)} × an even share of the reads`;
  });
  canvas.addEventListener("pointerleave", () => { note.textContent = heading; });
  figure.replaceChildren(note, canvas,
    element("div", { class: "axis-text" }, element("span", {}, x.write(shown[0].x)), element("span", {}, x.label), element("span", {}, x.write(shown[shown.length - 1].x))),
    element("div", { class: "scale" }, "not read", element("i"), "4 × even and more"));
}
