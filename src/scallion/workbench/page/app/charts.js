// Curves over epochs: uPlot in the colours of the page, with the same in words below.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";

/** Colours that are told apart with any kind of colour vision, on light and dark screens. */
const LINES = ["--blue", "--amber", "--green", "--red", "--violet", "--soft"];
const HEIGHT = 220; // pixels
const dark = matchMedia("(prefers-color-scheme: dark)");

export const lineColour = (index) => `var(${LINES[index % LINES.length]})`;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A hook: true on a dark screen. */
function useDark() {
  const [isDark, setDark] = useState(dark.matches);
  useEffect(() => {
    const change = () => setDark(dark.matches);
    dark.addEventListener("change", change);
    return () => dark.removeEventListener("change", change);
  }, []);
  return isDark;
}

/** Draw a dashed line at the best epoch. */
function bestLine(best) {
  return (plot) => {
    if (!best.current) return;
    const x = plot.valToPos(best.current, "x", true);
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour("--green");
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  };
}

function options(lines, format, width, best) {
  const axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: false, y: false } },
    scales: { x: { time: false, range: (_, low, high) => [low, high > low ? high : low + 1] } },
    axes: [
      { ...axis, size: 28, space: 60, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
      { ...axis, size: 56, values: (_, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...lines.map((line, index) => ({
        stroke: colour(LINES[(line.colour ?? index) % LINES.length]),
        width: 2,
        dash: line.isDashed ? [5, 4] : undefined,
        spanGaps: true,
        points: { show: lines[0].values.length < 3, size: 6 },
      })),
    ],
    hooks: { draw: [bestLine(best)] },
  };
}

/** One chart: `x` are epochs, each line has a name and values, null where there is none. */
export function Chart({ title, x, lines, format, best, words }) {
  const place = useRef(null);
  const plot = useRef(null);
  const mark = useRef(best);
  const isDark = useDark();
  const names = lines.map((line) => line.name).join("|");
  const isShort = x.length < 3;
  mark.current = best;
  useEffect(() => {
    const box = place.current;
    plot.current = new uPlot(
      options(lines, format, Math.max(240, box.clientWidth), mark),
      [x, ...lines.map((line) => line.values)],
      box,
    );
    const observer = new ResizeObserver(() =>
      plot.current.setSize({ width: Math.max(240, box.clientWidth), height: HEIGHT }),
    );
    observer.observe(box);
    return () => {
      observer.disconnect();
      plot.current.destroy();
    };
  }, [names, isDark, isShort]);
  useEffect(() => {
    plot.current.setData([x, ...lines.map((line) => line.values)]);
  }, [x, lines]);
  return html`<figure class="plot">
    <figcaption>
      <strong>${title}</strong>
      <span class="legend">
        ${lines.map(
          (line, index) =>
            html`<span key=${line.name}><i class=${line.isDashed ? "dashed" : ""} style=${{ color: lineColour(line.colour ?? index) }}></i>${line.name}</span>`,
        )}
        ${best ? html`<span><i class="dashed" style=${{ color: "var(--green)" }}></i>best epoch</span>` : null}
      </span>
    </figcaption>
    <div ref=${place} role="img" aria-label=${`${title}: ${words}`}></div>
    <p class="note">${words}</p>
  </figure>`;
}
