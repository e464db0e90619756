// Writing and changing an article. What is typed is kept in this tab until it is saved: no reload, no look at another
// view, no session that ends loses it.
import { html, nothing } from "../vendor/lit-html.js";
import { conflict } from "./conflict.js";
import { markdown } from "./markdown.js";
import { signInFirst } from "./missing.js";
import { pictures } from "./pictures.js";

const BLANK = { title: "", body: "", tags: "" };
const unstored = new Map(); // what the tab's storage has no room for
const underway = new Map(); // saves by their place: who comes back waits for them

export function editor(context) {
  const { api, params, session, signal } = context;
  const { user } = session;
  context.title(params.id ? "Edit article" : "New article");
  if (!user) return signInFirst(context, params.id ? "Edit article" : "New article");

  let { id } = params; // of what the address names
  let ready = false;
  let article; // as the service has it, and its ETag
  let etag;
  let saved = BLANK; // the fields of that
  let fields = saved; // what is typed
  let once = {}; // of a create whose answer may be lost: its Idempotency-Key, and what it was for
  let saving = Promise.resolve();
  let tried; // a change whose answer was lost
  let problem;
  let said = "";
  let undo; // {name, fields, lasting}: what the person can go back to
  let theirs; // while there is a conflict: their {body, etag}, and the status that mine is to have
  let preview = {};
  const gallery = pictures(context, async () => {
    await saving;
    if (article || !ready) return;
    if (!fields.title.trim()) set({ title: "Untitled" });
    save();
  });

  const place = () => `draft ${user.id} ${id}`;
  const dirty = () => Object.keys(saved).some((name) => fields[name] !== saved[name]);

  load().catch(context.fail);

  async function load() {
    await underway.get(place());
    try {
      if (id) accept(await api.get(`/articles/${encodeURIComponent(id)}`, { signal }));
    } catch (error) {
      if (error.status !== 404 || !kept()) throw error;
      orphan();
    }
    if (article && article.author.id !== user.id && !user.editor)
      throw { title: "Not yours to edit", message: "Only its author or an editor may.", final: true };
    fields = saved;
    if (article) gallery.open(article);
    ready = true;
    restore();
    context.update();
  }

  function accept(answer) {
    article = answer.body;
    etag = answer.etag; // If-Match looks at the text's version in it alone: pictures that become ready make no conflict
    saved = flat(article);
  }

  /** Its article was deleted, and what is typed was not: it may become another one. */
  function orphan() {
    problem = { message: "It was deleted meanwhile. If you save this, it is a new article." };
    article = undefined;
    saved = BLANK;
    gallery.open();
  }

  function kept() {
    try {
      const found = JSON.parse(unstored.get(place()) ?? sessionStorage.getItem(place()));
      return Object.keys(saved).every((name) => typeof found.fields[name] === "string") && found;
    } catch {
      return null; // nothing of ours
    }
  }

  function restore() {
    const found = kept();
    if (!found) return;
    ({ fields, once = {} } = found);
    if (!dirty()) return forget(); // it was saved, and the answer lost
    said = "Your unsaved changes are here again.";
    undo = { name: "Discard them" };
    if (article && found.version !== article.version) meet({ body: article, etag }, article.status);
  }

  /** Changes fields. What differs from what is saved is kept. */
  function set(changes, text = "") {
    fields = { ...fields, ...changes };
    said = text;
    keep();
    context.update();
  }

  function keep() {
    if (!dirty()) return forget();
    const text = JSON.stringify({ fields, once, version: article?.version });
    unstored.delete(place());
    try {
      sessionStorage.setItem(place(), text);
    } catch {
      unstored.set(place(), text);
    }
  }

  function forget() {
    unstored.delete(place());
    sessionStorage.removeItem(place());
  }

  /** Saves, after what is being saved already. Without a status it stays what it is by then. */
  function save(status) {
    saving = saving.then(() => send(status ?? article?.status ?? "draft"));
    underway.set(place(), saving);
  }

  async function send(status) {
    const before = fields;
    const { title, body } = before;
    const typed = [...new Set(before.tags.split(",").map((tag) => tag.trim()))].filter(Boolean);
    // Those that nobody touched go back as they came: in another client's there may be a comma.
    const wanted = { title, body, tags: article && before.tags === saved.tags ? article.tags : typed, status };
    problem = null;
    said = "Saving …";
    context.update();
    try {
      const answer = await (article ? change(wanted) : create(wanted));
      if (!answer) return;
      accept(answer);
      context.changed();
      arrive();
      if (!undo?.lasting) undo = null;
      // What was typed meanwhile stays, unsaved.
      set(Object.fromEntries(Object.entries(saved).filter(([name]) => fields[name] === before[name])), "Saved");
    } catch (error) {
      problem = error;
      if (article && error.status === 404) orphan();
      set({});
      if (!signal.aborted) document.querySelector("[aria-invalid=true]")?.focus();
    }
  }

  /** Makes an article. What an earlier try may have made is asked for by the same key, and changed. */
  async function create(wanted) {
    const text = JSON.stringify(wanted);
    once.key ??= crypto.randomUUID();
    once.text ??= text;
    keep();
    let answer;
    try {
      answer = await api.call("POST", "/articles", { body: JSON.parse(once.text), headers: { "Idempotency-Key": once.key } });
    } catch (error) {
      if (error.status && error.status < 500 && error.status !== 409) once = {}; // it was refused, so there is none
      throw error;
    }
    if (once.text === text) return answer;
    accept(answer);
    arrive();
    keep();
    return change(wanted);
  }

  /** Goes on with the article that was made. */
  function arrive() {
    forget();
    once = {};
    if (id === article.id) return;
    id = article.id;
    gallery.open(article);
    if (signal.aborted) return;
    history.replaceState(history.state, "", `#/articles/${id}/edit`);
    context.title("Edit article");
  }

  /** Gives the answer, or nothing where there is a conflict, which is shown. */
  async function change(wanted) {
    const path = `/articles/${article.id}`;
    const text = (one) => JSON.stringify([flat(one), one.status]);
    try {
      return await api.call("PATCH", path, { body: wanted, headers: { "If-Match": etag } });
    } catch (error) {
      if (error.status !== 412) {
        tried = text(wanted);
        throw error;
      }
      const now = await api.get(path);
      if (text(now.body) === text(wanted)) return now; // this very change was made, and its answer lost
      // Who did not ask for another status leaves it as it is now.
      if (text(now.body) !== tried) return meet(now, wanted.status === article.status ? now.body.status : wanted.status);
      accept(now); // the one before was made
      return change(wanted);
    }
  }

  function meet(answer, status) {
    theirs = { ...answer, status };
    said = "";
    queueMicrotask(() => {
      context.update(); // not before there is a view
      document.getElementById("conflict")?.showModal();
    });
  }

  /** Ends the conflict: from now on what is typed is a change of theirs. Gives the status that mine was to have. */
  function settle() {
    const { status } = theirs;
    accept(theirs);
    document.getElementById("conflict").close(); // gives the focus back
    return status;
  }

  const choices = {
    over: () => save(settle()),
    take() {
      settle();
      undo = { name: "Back to mine", fields, lasting: true };
      set(saved, "This is theirs.");
    },
    go() {
      settle();
      set({}, "Your next save replaces theirs.");
    },
    closed() {
      theirs = null;
      context.update();
    },
  };

  addEventListener("beforeunload", (event) => dirty() && event.preventDefault(), { signal });
  const onkey = (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (ready && !theirs) save();
  };
  addEventListener("keydown", onkey, { signal });

  /** A field with its hint and what the API says about it. `control` gives the element, of attributes for all. */
  function field(name, label, hint, control) {
    const errors = (problem?.errors ?? []).filter(({ pointer }) => pointer.split("/")[1] === name);
    const change = ({ target }) => set({ [name]: target.value });
    return html`<label for=${name}>${label}</label>
      ${control(name, fields[name], change, errors.length > 0)}
      <p id="${name}-hint" class="hint">${hint} <span class="problem">${errors.map(({ detail }) => detail).join(" ")}</span></p>`;
  }

  const line = (name, value, change, bad) =>
    html`<input id=${name} dir="auto" autocomplete="off" aria-describedby="${name}-hint" .value=${value} @input=${change} aria-invalid=${bad}>`;
  const area = (name, value, change, bad) =>
    html`<textarea id=${name} dir="auto" aria-describedby="${name}-hint" .value=${value} @input=${change} aria-invalid=${bad}></textarea>`;

  function back() {
    const { fields: old = saved } = undo;
    undo = null;
    document.getElementById("body").focus(); // the button goes
    set(old);
  }

  return () => {
    if (!ready) return html`<p class="wait">Loading …</p>`;
    if (preview.text !== fields.body) preview = { text: fields.body, shown: markdown(fields.body) };
    const out = article?.status === "published";
    return html`<div class="desk"><div>
      <h1>${article ? "Edit article" : "New article"}</h1>
      ${field("title", "Title", "", line)} ${field("body", "Text", "In Markdown", area)} ${field("tags", "Tags", "Separated by commas", line)}
      ${problem ? html`<p role="alert">${problem.message}</p>` : nothing}
      <p class="actions">
        <button @click=${() => save("draft")}>${out ? "Withdraw" : "Save draft"}</button>
        <button class="primary" @click=${() => save("published")}>${out ? "Save" : "Publish"}</button>
        <span role="status">${said || (dirty() ? "Not saved yet" : "")}</span>
        ${undo ? html`<button @click=${back}>${undo.name}</button>` : nothing}
        ${article ? html`<a href="#/articles/${article.id}">See the article</a>` : nothing}
      </p>
      </div>
      <section aria-labelledby="preview">
        <h2 id="preview">Preview</h2>
        <div class="preview" dir="auto">${fields.body.trim() ? preview.shown : html`<p class="hint">What you write, as readers see it.</p>`}</div>
      </section>
      ${gallery.template()}
      </div>
      ${theirs ? conflict(fields, flat(theirs.body), theirs.body.status, choices) : nothing}`;
  };
}

/** An article's text as it stands in the fields. */
function flat({ title, body, tags }) {
  return { title, body, tags: tags.join(", ") };
}
