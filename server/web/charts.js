// Line charts on a canvas: numbers over the last minutes, with a scale and what is under the pointer.

import { h, fill } from "./dom.js";

const COLOURS = ["--one", "--two", "--three", "--four"];
export const SERIES = COLOURS.length;
export const MINUTES = 10;

/** A chart of several series over the last ten minutes, or over as many as there are. `series`: [{name, points: [[milliseconds, number or null]]}]. */
export class Chart {
  constructor(title, unit, { top = null, digits = 0 } = {}) {
    this.unit = unit;
    this.top = top;
    this.digits = digits;
    this.series = [];
    this.canvas = h("canvas", { role: "img", "aria-label": title });
    this.legend = h("div", { class: "legend" });
    this.node = h("section", { class: "card" }, h("h2", {}, title), this.canvas, this.legend);
    this.title = title;
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.canvas);
  }

  close() {
    this.watcher.disconnect();
  }

  show(series) {
    this.series = series;
    this.draw();
    const last = ({ points }) => points.findLast((point) => point[1] !== null)?.[1];
    fill(this.legend, this.series.map((one, at) => h("span", {}, h("i", { class: `c${at}` }), `${one.name} ${this.text(last(one))}`)));
    this.canvas.setAttribute("aria-label", `${this.title}: ${this.series.map((one) => `${one.name} ${this.text(last(one))}`).join(", ") || "nothing yet"}`);
  }

  text(value) {
    return value === undefined || value === null ? "–" : `${value.toFixed(this.digits)}${this.unit}`;
  }

  draw() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width) return;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(this.canvas);
    const most = this.top ?? nice(Math.max(0, ...this.series.flatMap(({ points }) => points.map((point) => point[1] ?? 0))));
    const now = Date.now();
    const oldest = Math.min(now, ...this.series.flatMap(({ points }) => points.slice(0, 1).map(([at]) => at)));
    const minutes = Math.min(MINUTES, Math.floor((now - oldest) / 60_000) + 1);
    const x = (at) => width - ((now - at) / (minutes * 60_000)) * width;
    const y = (value) => height - 14 - (value / most) * (height - 22);
    pen.font = "11px system-ui, sans-serif";
    pen.fillStyle = style.getPropertyValue("--soft");
    pen.strokeStyle = style.getPropertyValue("--line");
    for (const value of [0, most / 2, most]) {
      pen.beginPath();
      pen.moveTo(0, y(value) + 0.5);
      pen.lineTo(width, y(value) + 0.5);
      pen.stroke();
      if (value) pen.fillText(`${+value.toPrecision(3)}${this.unit}`, 2, y(value) + 11);
    }
    pen.fillText(`${minutes} min ago`, 2, height - 2);
    this.series.forEach(({ points }, at) => {
      pen.strokeStyle = style.getPropertyValue(COLOURS[at]);
      pen.lineWidth = 1.75;
      pen.beginPath();
      let lifted = true;
      for (const [when, value] of points) {
        if (value === null) lifted = true;
        else if (lifted) pen.moveTo(x(when), y(value)), (lifted = false);
        else pen.lineTo(x(when), y(value));
      }
      pen.stroke();
    });
  }
}

/** The next round number. */
function nice(value) {
  if (value <= 0) return 1;
  const step = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((times) => times * step).find((round) => round >= value);
}

/** Numbers of Prometheus' text, by name: [{labels, value}]. */
export function samples(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!parts) continue;
    const labels = Object.fromEntries([...(parts[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((one) => [one[1], one[2]]));
    if (!found.has(parts[1])) found.set(parts[1], []);
    found.get(parts[1]).push({ labels, value: Number(parts[3]) });
  }
  return found;
}

/** What keeps the newest ten minutes of some series. */
export class History {
  constructor() {
    this.series = new Map();
  }

  add(name, value, at = Date.now()) {
    if (!this.series.has(name)) this.series.set(name, []);
    const points = this.series.get(name);
    points.push([at, Number.isFinite(value) ? value : null]);
    while (points[0][0] < at - MINUTES * 60_000) points.shift();
  }

  get names() {
    return this.series.keys();
  }

  /** So many series, those with the largest newest values, in the order in which they began. */
  largest(count) {
    const all = [...this.series].map(([name, points]) => ({ name, points }));
    const newest = ({ points }) => points.at(-1)[1] ?? -1;
    const least = all.map(newest).sort((one, other) => other - one)[count - 1] ?? -Infinity;
    return all.filter((series) => newest(series) >= least).slice(0, count);
  }
}
