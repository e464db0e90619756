// The page starts here: it reads where its cloud is, and shows the view that the address names.
import { html, nothing, render } from "../vendor/lit-html.js";
import { Api } from "./api.js";
import { header } from "./header.js";
import { match } from "./routes.js";
import { Session } from "./session.js";

const config = await (await fetch("config.json")).json();
const session = new Session(config);
const api = new Api(config.api_url, session);
const [top, main, status] = ["top", "main", "status"].map((id) => document.getElementById(id));
let leave = new AbortController();

/** Shows what the address names. A view is a function of its context; it gives a function that gives its template. */
function show() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const { view, params, query } = match(location.hash);
  let template = () => nothing;
  const update = () => {
    if (signal.aborted) return;
    render(header(session), top);
    render(template(), main);
  };
  const context = {
    api,
    session,
    params,
    query,
    signal,
    update,
    /** Names the view: for the window, and for those who do not see it. */
    title: (text) => (document.title = text ? `${text} · Gazette` : "Gazette"),
    /** Says something to people who do not see the page change. */
    say: (text) => (status.textContent = text),
    go: (hash) => (location.hash = hash),
    /** Shows a call's problem in place of the view. */
    fail: (error) => {
      if (signal.aborted) return;
      template = () => html`<h1>${error.title ?? "That did not work"}</h1><p role="alert">${error.message}</p><p><a href="#/">Newest articles</a></p>`;
      update();
    },
  };
  context.title("");
  template = view(context);
  update();
}

/** After going elsewhere the focus is where the new view begins, as after loading a page. */
function move() {
  show();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

await session.resume();
session.onchange = show;
addEventListener("hashchange", move);
show();
