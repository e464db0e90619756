// The page starts here: it reads where its cloud is, and shows the view that the address names.
import { html, nothing, render } from "../vendor/lit-html.js";
import { Api } from "./api.js";
import { header } from "./header.js";
import { match } from "./routes.js";
import { Session } from "./session.js";

const [top, main, status] = ["top", "main", "status"].map((id) => document.getElementById(id));
const config = await fetch("config.json")
  .then((answer) => answer.json())
  .catch(() => main.append("The page can't read config.json. Load it again."));
const session = new Session(config);
const api = new Api(config.api_url, session);
const visits = new Map(); // by key of the history's entry: what its view remembers, and y, how far it was scrolled
let memory;
let leave = new AbortController();
let moved = false;
let wanted = 0; // where to scroll once the view is long enough

/** Shows what the address names. A view is a function of its context; it gives a function that gives its template. */
function show() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const { view, params, query } = match(location.hash);
  let template;
  const update = () => {
    if (signal.aborted || !template) return;
    render(header(session), top);
    render(template(), main);
    if (wanted && document.documentElement.scrollHeight - innerHeight >= wanted) scrollTo(0, wanted), (wanted = 0);
  };
  const context = {
    api,
    session,
    params,
    query,
    signal,
    update,
    /** An object of this entry of the history: going back to it finds what it held. */
    memory,
    /** An article was changed: lists are to be loaded anew by who goes back to them; one that is shown stays. */
    changed: () => visits.forEach((visit) => visit === memory || (visit.items = visit.all = visit.cursor = undefined)),
    /** Names the view: for the window, and for those who don't see it change. */
    title: (text) => {
      document.title = `${text} · Gazette`;
      if (moved) context.say(text);
    },
    /** Says something to people who don't see the page change. */
    say: (text) => (status.textContent = text),
    go: (hash) => (location.hash = hash),
    /** Shows a call's problem in place of the view. */
    fail: (error) => {
      if (signal.aborted) return;
      const { title = "That did not work" } = error;
      context.title(title);
      template = () => html`<h1>${title}</h1>
        <p role="alert">${error.message}</p>
        <p class="actions"><a class="button" href="#/">Newest articles</a> ${error.status === 404 || error.final ? nothing : html`<button @click=${() => (show(), main.focus())}>Try again</button>`}</p>`;
      update();
    },
  };
  try {
    template = view(context);
    update();
  } catch (error) {
    context.fail(error);
  }
}

/** Takes over what was kept for this entry of the history. */
function enter() {
  const { key = Math.random(), y = 0 } = history.state ?? {};
  if (!visits.has(key)) visits.set(key, { y });
  memory = visits.get(key);
  wanted = memory.y;
  setTimeout(() => (wanted = 0), 2000); // who scrolls meanwhile must not be pulled back
  history.replaceState({ key }, "");
  render(nothing, main); // no dialog of one article may stay open over another
  show();
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address is the view's
  main.focus();
});
addEventListener("hashchange", () => {
  memory.y = scrollY;
  moved = true;
  session.notice = "";
  scrollTo(0, 0);
  enter();
  main.focus({ preventScroll: true }); // where the new view begins, as after loading a page
});
addEventListener("beforeunload", () => history.replaceState({ ...history.state, y: scrollY }, ""));
history.scrollRestoration = "manual";

await session.resume();
session.onchange = show;
enter();
