"use strict";
// The numbers under the pointer. Every page is complete without this.
for (const svg of document.querySelectorAll("svg.chart[data-x]")) {
  const axis = (text) => {
    const [label, unit, min, max, start, end, kind, decimals] = text.split("|");
    const of = kind === "log" ? Math.log : (v) => v;
    const back = kind === "log" ? Math.exp : (v) => v;
    const low = of(+min), high = of(+max);
    return {
      label, start: +start, end: +end,
      write(pixel) {
        const value = back(low + (pixel - start) / (end - start) * (high - low));
        const size = kind === "log" ? Math.abs(value) : Math.abs(max - min);
        const digits = decimals ? +decimals : Math.min(8, Math.max(0, 2 - Math.floor(Math.log10(size))));
        const text = value.toLocaleString("en", {minimumFractionDigits: digits, maximumFractionDigits: digits});
        return unit ? text + "\u202f" + unit : text;
      }
    };
  };
  const x = axis(svg.dataset.x), y = axis(svg.dataset.y);
  const lines = Array.from(svg.querySelectorAll("path[data-label]"), (path) => ({
    label: path.dataset.label,
    tone: Array.from(path.classList).find((name) => name.startsWith("tone-")),
    points: Array.from(path.getAttribute("d").matchAll(/([\d.-]+) ([\d.-]+)/g), (m) => [+m[1], +m[2]])
  }));
  if (lines.every((line) => line.points.length === 0)) continue;
  const title = svg.querySelector("title");
  svg.setAttribute("aria-label", title.textContent);
  svg.removeAttribute("aria-labelledby");
  svg.setAttribute("aria-describedby", svg.querySelector("desc").id);
  title.remove();

  const cursor = document.createElementNS(svg.namespaceURI, "line");
  cursor.setAttribute("class", "cursor");
  cursor.setAttribute("y1", y.start);
  cursor.setAttribute("y2", y.end);
  const hint = document.createElement("div");
  hint.className = "hint";
  const row = (name, value, tone) => {
    const div = document.createElement("div"), b = document.createElement("b"), span = document.createElement("span");
    b.textContent = name;
    if (tone) b.className = tone;
    span.textContent = value;
    div.append(b, span);
    return div;
  };
  const hide = () => { cursor.remove(); hint.remove(); };
  const show = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    if (Math.min(at.x - x.start, x.end - at.x) + 12 > 0 === false) return hide();
    const near = lines.map((line) => ({line, point: line.points.reduce(
      (best, p) => Math.abs(best[0] - at.x) > Math.abs(p[0] - at.x) ? p : best, [Infinity, 0])}))
      .filter((one) => 60 > Math.abs(one.point[0] - at.x));
    if (near.length === 0) return hide();
    const nearest = near.reduce((a, b) => Math.abs(a.point[0] - at.x) > Math.abs(b.point[0] - at.x) ? b : a).point[0];
    near.sort((a, b) => a.point[1] - b.point[1]);
    cursor.setAttribute("x1", nearest);
    cursor.setAttribute("x2", nearest);
    hint.replaceChildren(row(x.label, x.write(nearest)),
      ...near.map((one) => row(one.line.label, y.write(one.point[1]), one.line.tone)));
    svg.append(cursor);
    svg.parentNode.append(hint);
    const box = svg.parentNode.getBoundingClientRect();
    const left = event.clientX - box.left + 16, width = hint.offsetWidth;
    hint.style.left = (left + width > box.width ? Math.max(0, left - width - 32) : left) + "px";
    hint.style.top = (event.clientY - box.top + 12) + "px";
  };
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", hide);
}
