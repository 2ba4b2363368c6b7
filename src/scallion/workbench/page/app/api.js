// Requests to the server. The cookie is the browser's; no script can read it.
const CHANGE = { "X-Scallion": "1", "Content-Type": "application/json" };

/** An error with a hint, as the server sends it. */
export class ApiError extends Error {
  constructor(message, hint, status) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new ApiError(
      "The server does not answer.",
      "Start it again with `scallion ui`, and open the address that it prints. Trainings go on meanwhile.",
      0,
    );
  }
  let body = {};
  try {
    body = await response.json();
  } catch {
    body = { error: `The server answered ${response.status}.` };
  }
  if (!response.ok) throw new ApiError(body.error, body.hint, response.status);
  return body;
}

export const get = (path) => send(path);
export const post = (path, body = {}) =>
  send(path, { method: "POST", headers: CHANGE, body: JSON.stringify(body) });
export const put = (path, body) =>
  send(path, { method: "PUT", headers: CHANGE, body: JSON.stringify(body) });
export const remove = (path) => send(path, { method: "DELETE", headers: CHANGE });
export const upload = (path, blob) =>
  send(path, {
    method: "POST",
    headers: { ...CHANGE, "Content-Type": "application/octet-stream" },
    body: blob,
  });

/** The address of a run in the API. */
export const runPath = (run) => `/api/runs/${encodeURIComponent(run)}`;

/** Exchange the token in the address for the cookie, and take it out of the address. */
export async function signIn() {
  const found = /[#&]token=([\w-]+)/.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", "/#/runs");
  await post("/api/session", { token: found[1] });
}
