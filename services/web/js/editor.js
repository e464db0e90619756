// Writing and changing an article. What is typed is kept in this tab until it is saved: no reload, no look at another
// view, no session that ends loses it.
import { html, nothing } from "../vendor/lit-html.js";
import { conflict } from "./conflict.js";
import { markdown } from "./markdown.js";
import { pictures } from "./pictures.js";

const NAMES = ["title", "body", "tags"];

export function editor(context) {
  const { api, session, signal } = context;
  const { user } = session;
  context.title(context.params.id ? "Edit article" : "New article");
  if (!user) return () => html`<h1>Sign in to write</h1><p><button class="primary" @click=${() => session.signIn()}>Sign in and go on</button></p>`;

  let article; // as the service has it, with
  let etag;
  let saved = { title: "", body: "", tags: "" }; // these fields
  let fields = { ...saved };
  let once = {}; // of a create whose answer may be lost: its Idempotency-Key, and what it sent
  let problem;
  let said = "";
  let undo; // {name, fields}: what the person can go back to
  let theirs; // while there is a conflict: {body, etag}, and the status that mine is to have
  let saving = Promise.resolve();
  let shown = [];
  const place = () => `draft ${user.id} ${article?.id}`;
  const dirty = () => NAMES.some((name) => fields[name] !== saved[name]);
  const gallery = pictures(context, async () => {
    await saving;
    if (article) return;
    if (!fields.title.trim()) set({ title: "Untitled" });
    save();
  });

  if (context.params.id) load(context.params.id).catch(context.fail);
  else restore();

  async function load(id) {
    const answer = await api.get(`/articles/${encodeURIComponent(id)}`, { signal });
    if (answer.body.author.id !== user.id && !user.editor) throw { title: "Not yours to edit", message: "Only its author or an editor may." };
    accept(answer);
    fields = { ...saved };
    gallery.open(article);
    restore();
    context.update();
  }

  function accept(answer) {
    article = answer.body;
    // A proxy that compresses makes it weak, and If-Match takes none of those. It looks at the text's version alone.
    etag = answer.etag.replace("W/", "");
    saved = flat(article);
  }

  function keep() {
    if (!dirty()) return sessionStorage.removeItem(place());
    try {
      sessionStorage.setItem(place(), JSON.stringify({ fields, once, version: article?.version }));
    } catch {
      // No room: then leaving warns, as ever.
    }
  }

  function restore() {
    const kept = JSON.parse(sessionStorage.getItem(place()));
    if (!kept) return;
    ({ fields, once } = kept);
    said = "Your unsaved changes are here again.";
    undo = { name: "Discard them", fields: saved };
    if (kept.version !== article?.version) meet({ body: article, etag }, article.status);
  }

  function set(changes, text = "") {
    fields = { ...fields, ...changes };
    said = text;
    keep();
    context.update();
  }

  /** Saves, after what is being saved already. */
  function save(status = article?.status ?? "draft") {
    saving = saving.then(() => send(status));
  }

  async function send(status) {
    const before = fields;
    const { title, body } = before;
    const tags = [...new Set(before.tags.split(",").map((tag) => tag.trim()))].filter(Boolean);
    const sent = { title, body, tags, status };
    const created = !article;
    problem = null;
    said = "Saving …";
    context.update();
    try {
      const answer = await (created ? create(sent) : change(sent));
      if (!answer) return;
      sessionStorage.removeItem(place());
      accept(answer);
      // What was typed meanwhile stays, unsaved.
      for (const name of NAMES) if (fields[name] === before[name]) fields = { ...fields, [name]: saved[name] };
      if (!undo?.lasting) undo = null;
      set({}, "Saved");
      if (!created || signal.aborted) return;
      history.replaceState(null, "", `#/articles/${article.id}/edit`);
      context.title("Edit article");
      gallery.open(article);
    } catch (error) {
      problem = error;
      set({});
      document.querySelector("[aria-invalid=true]")?.focus();
    }
  }

  function create(sent) {
    const text = JSON.stringify(sent);
    if (once.text !== text) once = { text, key: crypto.randomUUID() };
    keep();
    return api.call("POST", "/articles", { body: sent, headers: { "Idempotency-Key": once.key } });
  }

  /** Gives the answer, or nothing where there is a conflict, which is shown. */
  async function change(sent) {
    const path = `/articles/${article.id}`;
    try {
      return await api.call("PATCH", path, { body: sent, headers: { "If-Match": etag } });
    } catch (error) {
      if (error.status !== 412) throw error;
      const now = await api.get(path);
      const same = JSON.stringify([flat(now.body), now.body.status]) === JSON.stringify([flat(sent), sent.status]);
      if (same) return now; // it was this very change, whose answer was lost
      // Who did not ask for another status leaves it as it is now.
      meet(now, sent.status === article.status ? now.body.status : sent.status);
    }
  }

  function meet(answer, status) {
    theirs = { ...answer, status };
    said = "";
    // After the view is there, which it is not yet when this is met at once.
    queueMicrotask(() => {
      context.update();
      document.getElementById("conflict")?.showModal();
    });
  }

  /** Ends the conflict: from now on what is typed is a change of theirs. */
  function settle(mine) {
    const { status } = theirs;
    accept(theirs);
    document.getElementById("conflict").close(); // which gives the focus back
    if (mine) return status;
    undo = { name: "Back to mine", fields, lasting: true };
    set(saved, "This is theirs.");
  }

  const choices = {
    over: () => save(settle(true)),
    take: () => settle(false),
    go: () => set({}, settle(true) && "Your next save replaces theirs."),
    closed() {
      theirs = null;
      context.update();
    },
  };

  const listen = (name, hear) => addEventListener(name, hear, { signal });
  listen("beforeunload", (event) => dirty() && event.preventDefault());
  listen("keydown", (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (!theirs) save();
  });

  function field(name, label, hint, long) {
    const errors = problem?.errors?.filter(({ pointer }) => pointer.split("/")[1] === name) ?? [];
    const change = (event) => set({ [name]: event.target.value });
    const described = `${name}-hint ${name}-error`;
    return html`<p class="field">
      <label for=${name}>${label}</label>
      ${long
        ? html`<textarea id=${name} rows="14" dir="auto" .value=${fields[name]} @input=${change} aria-describedby=${described} aria-invalid=${errors.length > 0}></textarea>`
        : html`<input id=${name} dir="auto" autocomplete="off" .value=${fields[name]} @input=${change} aria-describedby=${described} aria-invalid=${errors.length > 0}>`}
      <span id="${name}-hint" class="hint">${hint}</span>
      <span id="${name}-error" class="problem">${errors.map(({ detail }) => detail).join(" ")}</span>
    </p>`;
  }

  function preview() {
    if (shown[0] !== fields.body) shown = [fields.body, markdown(fields.body)];
    return shown[1];
  }

  // The second button is the one that a second click may hit: "Save" stands where "Publish" was.
  const buttons = () =>
    article?.status === "published"
      ? html`<button @click=${() => save("draft")}>Withdraw</button> <button class="primary" @click=${() => save()}>Save</button>`
      : html`<button @click=${() => save()}>Save draft</button> <button class="primary" @click=${() => save("published")}>Publish</button>`;

  return () => {
    if (context.params.id && !article) return html`<p class="wait">Loading …</p>`;
    return html`<h1>${article ? "Edit article" : "New article"}</h1>
      <div class="editor">
        <div>${field("title", "Title")} ${field("body", "Text", "Markdown", true)} ${field("tags", "Tags", "Separated by commas")}</div>
        <section aria-labelledby="preview"><h2 id="preview">Preview</h2><div class="text" dir="auto">${preview()}</div></section>
      </div>
      ${problem ? html`<p role="alert">${problem.message}</p>` : nothing}
      <p class="actions">
        ${buttons()} ${article ? html`<a href="#/articles/${article.id}">See the article</a>` : nothing}
        <span role="status">${said || (dirty() ? "Not saved yet" : "")}</span>
        ${undo ? html`<button @click=${() => set(undo.fields, (undo = null) ?? "")}>${undo.name}</button>` : nothing}
      </p>
      ${gallery.template()} ${theirs ? conflict({ ...fields }, flat(theirs.body), theirs.body.status, choices) : nothing}`;
  };
}

/** An article's text as it stands in the fields. */
function flat({ title, body, tags }) {
  return { title, body, tags: tags.join(", ") };
}
