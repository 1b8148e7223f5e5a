// The page: who is in, which view is open, what stays alive between views.

import { follow, get, session } from "./api.js";
import { button, fill, h, notice } from "./dom.js";
import { enter } from "./views/enter.js";

const VIEWS = {
  chat: { name: "Chat", load: () => import("./views/chat.js") },
  compare: { name: "Compare", load: () => import("./views/compare.js") },
  models: { name: "Models", load: () => import("./views/models.js") },
  jobs: { name: "Jobs", load: () => import("./views/jobs.js") },
  services: { name: "Services", load: () => import("./views/services.js") },
  keys: { name: "Keys and usage", load: () => import("./views/keys.js") },
  now: { name: "Now", load: () => import("./views/now.js") },
};

const main = document.getElementById("main");
const bar = document.getElementById("bar");

/** What views share: who is in (`me`), the models' states as they change, and the server's models. */
const house = { me: null, states: {}, models: [], listeners: new Set(), reachable: true };
let closing = new AbortController();
let open = null;

house.refresh = async () => {
  house.models = (await get("/v1/models")).data;
  return house.models;
};

async function start() {
  if (!session.key) return locked();
  try {
    await house.refresh();
    house.me = await get("/v1/me");
  } catch (error) {
    if (error.status === 401) return locked("This key is not valid (any more). Enter another one.");
    fill(main, h("div", { class: "view" }, h("div", { class: "trouble", role: "alert" }, error.message),
      button("Try again", start, { class: "main" })));
    return;
  }
  bar.hidden = false;
  watch();
  await route();
}

function locked(why) {
  closing.abort();
  open?.close?.();
  open = null;
  session.leave();
  bar.hidden = true;
  enter(main, why, start);
}

/** The states of the models, for as long as somebody is in. */
function watch() {
  closing.abort();
  closing = new AbortController();
  const told = (state) => {
    if (house.reachable !== state) notice(state ? "The server is back." : "The server cannot be reached. Trying again …", state ? "good" : "bad");
    house.reachable = state;
  };
  follow("/v1/status", closing.signal, ({ states }) => {
    told(true);
    const known = Object.keys(house.states).join("\n");
    house.states = states;
    if (known && known !== Object.keys(states).join("\n")) house.refresh().catch(() => {});
    for (const listener of house.listeners) listener(states);
  }, () => told(false));
}

async function route() {
  if (bar.hidden) return;
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const view = VIEWS[name] ? name : "chat";
  navigation(view);
  if (open?.name === view && open.go) return open.go(rest);
  open?.close?.();
  open = null;
  house.listeners.clear();
  document.title = `${VIEWS[view].name} · llm-api`;
  const place = h("div", { class: "place" }); // of this view alone: one that comes late draws where nobody sees it
  fill(main, place);
  const loaded = await VIEWS[view].load();
  const opened = await loaded.view(place, house, rest);
  if (!place.isConnected) return opened.close?.();
  open = { name: view, ...opened };
  if (!place.contains(document.activeElement)) main.focus({ preventScroll: true });
}

function navigation(current) {
  const links = Object.entries(VIEWS).map(([name, { name: label }]) =>
    h("a", { href: `#/${name}`, "aria-current": name === current ? "page" : null }, label));
  fill(document.getElementById("nav"), links, h("a", { class: "rest", href: "docs", target: "_blank", rel: "noopener" }, "API documentation"),
    button("Leave", () => locked(), { title: `Forget the key ${house.me.name}` }));
}

document.addEventListener("locked", () => !bar.hidden && locked("This key is not valid any more. Enter another one."));
addEventListener("hashchange", route);
addEventListener("unhandledrejection", ({ reason }) => {
  if (reason?.name === "AbortError") return;
  notice(reason?.message ?? "Something went wrong in this page.", "bad");
});
start();
