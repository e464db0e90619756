// The pictures of an article in the editor: where they are dropped, and what becomes of each.
import { html, nothing } from "../vendor/lit-html.js";
import { bar, figure } from "./picture.js";
import { clock } from "./text.js";
import { ACCEPT, Uploads } from "./upload.js";

const SOONEST = 500; // milliseconds between two looks at what became of them
const LATEST = 5000;
const UNFINISHED = ["pending", "processing"];
const PASSING = ["upload_missing", "upload_expired", "analysis_failed"]; // errors that the same file need not meet again

/** Gives {open, template}. `save` is called for pictures without an article; open(article) says which it is. */
export function pictures(context, save) {
  const { signal } = context;
  let uploads = new Uploads(context.api);
  let alt = "";
  let over = false;
  let doomed; // the entry that is to be removed, if the person is sure
  let replaced; // the entry that another file is chosen for
  let waiting = 0; // how many the service has still something to say about
  let timer;
  let looking = false;
  let pause;
  let renewed = 0;
  attach();

  function attach() {
    uploads.say = (text) => signal.aborted || context.say(text);
    uploads.onchange = () => {
      context.update();
      plan();
    };
  }

  /** Asks for all that are unfinished at once, sooner after each change; for none while nobody sees the page. */
  function plan() {
    const unfinished = uploads.entries.filter(({ phase, image }) => phase !== "uploading" && UNFINISHED.includes(image?.status)).length;
    if (unfinished !== waiting) pause = SOONEST;
    if (unfinished !== waiting || document.hidden) timer = clearTimeout(timer);
    waiting = unfinished;
    if (timer || looking || signal.aborted || document.hidden || !unfinished) return;
    timer = setTimeout(look, pause);
    pause = Math.min(pause * 1.4, LATEST);
  }

  async function look() {
    timer = null;
    looking = true;
    try {
      const there = uploads.entries.filter(({ phase }) => phase === "sent");
      uploads.merge((await context.api.get(uploads.path, { signal })).body.items, { there });
    } catch ({ status, until = 0 }) {
      // It is asked again, and nothing is lost meanwhile. Of an article that is gone nobody asks any more.
      if (status === 404) return;
      pause = Math.max(pause, until - Date.now());
    }
    looking = false;
    plan();
  }

  /** Pictures' addresses live for a quarter of an hour: what is scrolled to later gets new ones. */
  function renew({ target }) {
    if (!target.closest(".seen") || Date.now() - renewed < 60_000) return;
    renewed = Date.now();
    context.api.get(uploads.path, { signal }).then(
      ({ body }) => uploads.merge(body.items, { urls: true }),
      () => {},
    );
  }

  function add(files) {
    if (!files.length) return;
    if (replaced) uploads.remove(replaced);
    uploads.add(files, replaced?.alt ?? alt.trim());
    if (!replaced) alt = "";
    replaced = null;
    context.update();
    if (!uploads.path) save();
  }

  function choose(entry) {
    replaced = entry;
    const input = document.getElementById("files");
    input.focus();
    input.click();
  }

  const sure = () => document.getElementById("doomed");

  /** What readers see goes after a question: there is no way back. */
  function ask(entry) {
    if (entry.image?.status !== "ready") return remove(entry);
    doomed = entry;
    context.update();
    sure().showModal();
  }

  async function remove(entry) {
    const at = uploads.entries.indexOf(entry);
    await uploads.remove(entry);
    if (signal.aborted || uploads.entries.includes(entry)) return;
    context.say(`${entry.name} was removed`);
    // With its button gone, the focus goes to the next one's, or to where pictures come from.
    (document.querySelectorAll(".remove")[at] ?? document.getElementById("files")).focus();
  }

  /** Takes files from the clipboard, or dropped anywhere: one beside its zone would replace the page. */
  function take(event) {
    const { types, files } = event.clipboardData ?? event.dataTransfer;
    // Of copied text some programs give a picture as well.
    if (!types.includes("Files") || types.includes("text/plain")) return;
    event.preventDefault();
    const before = over;
    over = event.type === "dragover" || (event.type === "dragleave" && event.relatedTarget !== null);
    if (event.type === "drop" || event.type === "paste") add([...files]);
    if (over !== before) context.update();
    if (files.length && event.type !== "dragover") document.querySelector(".entries")?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  for (const name of ["dragover", "dragleave", "drop", "paste"]) addEventListener(name, take, { signal });
  document.addEventListener("visibilitychange", plan, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));

  function state(entry) {
    const { name, phase, image, sent, problem } = entry;
    if (phase === "queued") return html`<p>Waiting to upload</p>`;
    if (phase === "uploading") return html`<p><progress max="100" value=${sent} aria-label="Uploading ${name}"></progress> ${sent} %</p>`;
    if (phase === "stopped") {
      if (!problem.title) return failed(entry, problem.message, false, "Not sent"); // ours, not an answer's
      const why = problem.errors.map(({ detail }) => detail).join(" ") || problem.message;
      const from = problem.until - Date.now() > 5000 ? ` Try again from ${clock(problem.until)} on.` : "";
      return failed(entry, why + from, problem.status !== 400);
    }
    if (image.status === "ready") return figure(image, { context });
    if (image.status === "failed") return failed(entry, image.error.message, PASSING.includes(image.error.code));
    if (image.status === "pending") return html`<p class="busy">Waiting</p>`;
    if (image.status === "processing") return html`<p class="busy">Being looked at</p>`;
    return html`<p><strong class="problem">Rejected</strong> Only you can see this.</p>
      <ul>${image.moderation.map(({ name, confidence }) => html`<li>${name}, ${Math.round(confidence)} % ${bar(name, confidence)}</li>`)}</ul>`;
  }

  function failed(entry, why, worthwhile, word = "Failed") {
    const again = ({ target }) => {
      if (!worthwhile || !entry.file) return choose(entry);
      target.closest("li").querySelector(".remove").focus(); // this button goes
      uploads.again(entry);
    };
    return html`<p><strong class="problem">${word}</strong> ${why}</p>
      <p><button @click=${again}>${worthwhile ? "Try again" : "Choose another file"}</button></p>`;
  }

  function row(entry) {
    const { name, phase, preview, complaint } = entry;
    const verb = phase === "uploading" ? "Cancel" : "Remove";
    const judge = ({ target, type }) => (target.hidden = type === "error"); // it may be no picture after all
    return html`<li class="entry">
      <div class="row">
        ${preview ? html`<img class="small" src=${preview} alt="" @error=${judge} @load=${judge}>` : nothing}
        <strong dir="auto">${name}</strong>
        <button class="remove" aria-label="${verb} ${name}" @click=${({ detail }) => detail > 1 || ask(entry)}>${verb}</button>
      </div>
      ${state(entry)} ${complaint ? html`<p role="alert">${complaint}</p>` : nothing}
    </li>`;
  }

  return {
    /** Goes on with that article's pictures; without one, with none. */
    open(article) {
      uploads = article ? Uploads.of(`${context.session.user?.id} ${article.id}`, article, uploads) : new Uploads(context.api);
      attach();
      uploads.onchange();
    },
    template: () => html`<section aria-labelledby="pictures">
      <h2 id="pictures">Pictures</h2>
      <label for="alt">Description</label>
      <input id="alt" maxlength="1000" aria-describedby="alt-hint" .value=${alt} @input=${({ target }) => (alt = target.value)}>
      <p id="alt-hint" class="hint">Of the pictures you add next, for those who can't see them.</p>
      <div class=${over ? "drop over" : "drop"}>
        <label for="files">Add pictures</label>
        <input id="files" type="file" multiple accept=${ACCEPT} aria-describedby="files-hint" @cancel=${() => (replaced = null)}
          @change=${({ target }) => {
            add([...target.files]);
            target.value = ""; // so that the same file can be chosen again
          }}>
        <p id="files-hint" class="hint">Or drop or paste them here. JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP, up to 25 MB each.</p>
      </div>
      <ul class="entries" role="list" @error=${{ handleEvent: renew, capture: true }}>${uploads.entries.map(row)}</ul>
      <dialog id="doomed" aria-labelledby="asked">
        <h2 id="asked">Remove <bdi>${doomed?.name}</bdi>?</h2>
        <p>The picture and its labels are gone for good.</p>
        <p class="actions">
          <button @click=${() => sure().close()}>Keep it</button>
          <button class="primary" @click=${() => (sure().close(), remove(doomed))}>Remove it</button>
        </p>
      </dialog>
    </section>`,
  };
}
