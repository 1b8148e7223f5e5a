// The server, as this page talks to it: the key, errors that say what to do, and streams of events.

const KEY = "llm-api key";

export const session = {
  get key() {
    return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
  },
  /** Keeps the key for this tab, or for this browser if `stay`. */
  enter(key, stay) {
    this.leave();
    (stay ? localStorage : sessionStorage).setItem(KEY, key);
  },
  leave() {
    sessionStorage.removeItem(KEY);
    localStorage.removeItem(KEY);
  },
};

/** What went wrong, in a sentence fit to be shown. `status` 0: the server was not reached. */
export class Failure extends Error {
  constructor(message, status = 0, code = null, id = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.id = id;
  }
}

/** Failures of this page's calls, the newest first: the view of now shows them. */
export const failures = [];

function failed(failure, path) {
  failures.unshift({ at: new Date(), path, failure });
  failures.length = Math.min(failures.length, 30);
  if (failure.status === 401) document.dispatchEvent(new CustomEvent("locked"));
  return failure;
}

/** A call; gives the response if it is a success, else throws a Failure. */
export async function call(method, path, body, options = {}) {
  const headers = { authorization: `Bearer ${options.key ?? session.key ?? ""}`, ...options.headers };
  if (body !== undefined && !(body instanceof FormData)) headers["content-type"] = "application/json";
  const sent = body === undefined || body instanceof FormData ? body : JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, { method, headers, body: sent, signal: options.signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw failed(new Failure("The server cannot be reached. Is it running? This page tries again by itself."), path);
  }
  if (response.ok) return response;
  throw failed(await reading(response), path);
}

async function reading(response) {
  const id = response.headers.get("x-request-id");
  try {
    const { error } = await response.json();
    return new Failure(error.message, response.status, error.code, id);
  } catch {
    return new Failure(`The server answered ${response.status} ${response.statusText}.`, response.status, null, id);
  }
}

export const get = async (path, options) => (await call("GET", path, undefined, options)).json();
export const post = async (path, body = {}, options) => (await call("POST", path, body, options)).json();
export const patch = async (path, body = {}, options) => (await call("PATCH", path, body, options)).json();
export const remove = async (path, options) => (await call("DELETE", path, undefined, options)).json();

/**
 * Keeps answers in the order of their questions. Call what it gives before each question, and what that gives when the
 * answer is there: true when a later question was answered already, and this answer is not to be shown any more.
 */
export function order() {
  let asked = 0;
  let shown = 0;
  return () => {
    const mine = ++asked;
    return () => {
      if (mine < shown) return true;
      shown = mine;
      return false;
    };
  };
}

/** The server-sent events of a response: {event, data, id}, data parsed as JSON. Ends with [DONE] or the stream. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split(/\r?\n\r?\n/);
      rest = parts.pop();
      for (const part of parts) {
        const one = one_event(part);
        if (one?.data === "[DONE]") return;
        if (one) yield { ...one, data: JSON.parse(one.data) };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function one_event(text) {
  const found = { event: "message", data: "", id: null };
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") found.data += (found.data ? "\n" : "") + value;
    else if (name === "event") found.event = value;
    else if (name === "id") found.id = value;
  }
  return found.data ? found : null;
}

/** Follows a stream that never ends, again and again when it breaks, until `signal` says stop. */
export async function follow(path, signal, each, lost = () => {}) {
  for (let wait = 1; !signal.aborted; wait = Math.min(wait * 2, 15)) {
    try {
      for await (const one of events(await call("GET", path, undefined, { signal }))) {
        wait = 1;
        each(one.data);
      }
    } catch (error) {
      if (signal.aborted || error.status === 401) return;
      lost(error);
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
}
