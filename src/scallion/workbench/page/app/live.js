// The events of a run, replayed and live, as one state that the view shows.
import { useEffect, useState } from "preact/hooks";
import { runPath } from "./api.js";

const fresh = () => ({ rows: new Map(), step: null, start: null, best: 0, phase: "", left: null, isOver: false, isLost: false });

/** Change the state by one event. */
function apply(state, event) {
  if (event.event === "start") {
    state.start = event;
    state.isOver = false;
    state.phase = "training";
  } else if (event.event === "features") {
    state.phase = `computing features: ${event.done} of ${event.total} images`;
  } else if (event.event === "step") {
    state.step = event;
    state.left = event.seconds_left;
    state.phase = "training";
  } else if (event.event === "epoch") {
    state.rows.set(event.epoch, event.values);
    state.step = event;
    state.left = event.seconds_left;
    if (event.is_best) state.best = event.epoch;
  } else if (event.event === "evaluate") {
    state.phase = `evaluating on the ${event.split} images`;
  } else if (event.event === "end") {
    state.isOver = true;
    state.phase = "";
  }
}

/** A hook: the state of a run by its events; `onDone` is called once nothing trains any more. */
export function useEvents(run, turn, onDone) {
  const [state, setState] = useState(fresh);
  useEffect(() => {
    const found = fresh();
    let frame = 0;
    const show = () => {
      frame = 0;
      setState({ ...found });
    };
    const source = new EventSource(`${runPath(run)}/events`);
    source.onmessage = (message) => {
      apply(found, JSON.parse(message.data));
      frame ||= requestAnimationFrame(show);
    };
    source.onopen = () => {
      found.isLost = false;
      frame ||= requestAnimationFrame(show);
    };
    source.onerror = () => {
      // The browser connects again by itself, unless the server refuses: then asking says why.
      if (source.readyState === EventSource.CLOSED) onDone();
      found.isLost = true;
      frame ||= requestAnimationFrame(show);
    };
    source.addEventListener("done", () => {
      source.close();
      onDone();
    });
    return () => {
      source.close();
      cancelAnimationFrame(frame);
    };
  }, [run, turn]);
  return state;
}

/** The rows of the curves, with the epoch that is being trained as the last one. */
export function rowsOf(state) {
  const rows = [...state.rows.entries()].sort((a, b) => a[0] - b[0]).map(([epoch, values]) => ({ ...values, epoch }));
  const step = state.step;
  if (step?.event === "step" && state.start) {
    const epoch = step.step / state.start.steps_per_epoch;
    if (epoch > rows.length) rows.push({ epoch, loss: step.loss, accuracy: step.metrics.accuracy });
  }
  return rows;
}
