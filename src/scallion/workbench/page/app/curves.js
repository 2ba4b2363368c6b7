// Loss and accuracy of one run, or of several in one chart.
import { Chart } from "./charts.js";
import { html } from "./html.js";
import { percent } from "./format.js";

const plain = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : String(+value.toPrecision(3)));
const share = (value) => `${Math.round(100 * value)} %`;

const last = (values) => {
  for (let index = values.length - 1; index >= 0; index--) {
    if (values[index] !== null && values[index] !== undefined) return values[index];
  }
  return null;
};

function columnsOf(rows) {
  const column = (name) => rows.map((row) => row[name] ?? null);
  return {
    x: rows.map((row) => row.epoch),
    loss: column("loss"),
    valLoss: column("val_loss"),
    accuracy: column("accuracy"),
    valAccuracy: column("val_accuracy"),
  };
}

/** The curves of a run: rows of its history, the last perhaps of an epoch that is not complete. */
export function Curves({ rows, best }) {
  const found = columnsOf(rows);
  const epochs = rows.filter((row) => "val_loss" in row).length;
  const accuracy = `training ${percent(last(found.accuracy))}, validation ${percent(last(found.valAccuracy))} after ${epochs} ${epochs === 1 ? "epoch" : "epochs"}${best ? `; best epoch ${best}` : ""}.`;
  const loss = `training ${plain(last(found.loss) ?? 0)}, validation ${last(found.valLoss) === null ? "–" : plain(last(found.valLoss))}.`;
  return html`<div class="plots">
    <${Chart}
      title="Loss" x=${found.x} best=${best} format=${plain} words=${loss}
      lines=${[
        { name: "training", values: found.loss, isDashed: true },
        { name: "validation", values: found.valLoss, colour: 1 },
      ]}
    />
    <${Chart}
      title="Accuracy" x=${found.x} best=${best} format=${share} words=${accuracy}
      lines=${[
        { name: "training", values: found.accuracy, isDashed: true },
        { name: "validation", values: found.valAccuracy, colour: 1 },
      ]}
    />
  </div>`;
}

/** The validation curves of several runs, by name. */
export function Overlay({ runs }) {
  const longest = Math.max(...runs.map((run) => run.history.epoch?.length ?? 0), 0);
  const x = Array.from({ length: longest }, (_, index) => index + 1);
  const lines = (name) =>
    runs.map((run) => ({ name: run.id, values: x.map((_, index) => run.history[name]?.[index] ?? null) }));
  const words = (name, show) =>
    runs.map((run) => `${run.id} ${show(last(run.history[name] ?? []))}`).join(", ");
  return html`<div class="plots">
    <${Chart} title="Validation loss" x=${x} lines=${lines("val_loss")} format=${plain}
      words=${words("val_loss", (value) => (value === null ? "–" : plain(value)))} />
    <${Chart} title="Validation accuracy" x=${x} lines=${lines("val_accuracy")} format=${share}
      words=${words("val_accuracy", percent)} />
  </div>`;
}
