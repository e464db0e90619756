// The pictures of an article in the editor: where they are dropped, and what becomes of each.
import { html, nothing } from "../vendor/lit-html.js";
import { bar, figure } from "./picture.js";
import { ACCEPT, Uploads, unfinished } from "./upload.js";

const SOONEST = 500; // milliseconds between two looks at what became of them
const LATEST = 5000;
const AGAIN = ["upload_missing", "upload_expired", "analysis_failed"]; // errors that the same file need not meet again

/** `saved` has the article saved where it is not, which calls open(article) of what this gives: {open, template}. */
export function pictures(context, saved) {
  const { signal } = context;
  let uploads = new Uploads(context.api);
  let article = null;
  let alt = "";
  let over = false;
  let replaced = null; // the entry that a file is being chosen for
  let timer = 0;
  let pause = SOONEST;

  function attach() {
    uploads.say = (text) => signal.aborted || context.say(text);
    uploads.onchange = () => {
      if (signal.aborted) return;
      context.update();
      plan();
    };
  }

  /** Asks for all that are unfinished at once; while nobody sees the page, for none. */
  function plan() {
    if (timer || signal.aborted || document.hidden || !uploads.entries.some(unfinished)) return;
    timer = setTimeout(look, pause);
    pause = Math.min(pause * 1.5, LATEST);
  }

  async function look() {
    const asked = uploads.entries.filter(unfinished);
    const before = states();
    try {
      const { body } = await context.api.get(uploads.path, { signal });
      uploads.merge(body.items, asked);
    } catch (problem) {
      // Nobody is told: it is asked again, and the pictures lose nothing. What is gone is asked for no more.
      if (signal.aborted || [401, 403, 404].includes(problem.status)) return;
    }
    if (states() !== before) pause = SOONEST;
    timer = 0;
    uploads.onchange();
  }

  const states = () => uploads.entries.map(({ image }) => image?.status).join();

  function add(files) {
    if (!files.length) return;
    pause = SOONEST;
    if (replaced) uploads.remove(replaced);
    uploads.add(files, replaced?.alt ?? alt.trim());
    if (!replaced) alt = "";
    replaced = null;
    context.update();
    if (!article) saved();
  }

  function choose(entry) {
    replaced = entry;
    document.getElementById("files").click();
  }

  async function remove(entry) {
    const at = uploads.entries.indexOf(entry);
    await uploads.remove(entry);
    if (signal.aborted || uploads.entries.includes(entry)) return;
    context.say(`${entry.name} was removed`);
    // The button is gone: the focus goes to the next picture's, or to where pictures come from.
    (document.querySelectorAll(".entry .remove")[at] ?? document.getElementById("files")).focus();
  }

  const listen = (target, names, hear) => names.split(" ").forEach((name) => target.addEventListener(name, hear, { signal }));
  // Anywhere on the page: a file that misses its zone would replace the page in the window.
  listen(window, "dragover dragleave drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    over = event.type === "dragover";
    if (event.type === "drop") add([...event.dataTransfer.files]);
    context.update();
  });
  listen(window, "paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    add([...event.clipboardData.files]);
  });
  listen(document, "visibilitychange", plan);
  listen(signal, "abort", () => clearTimeout(timer));
  attach();

  function state(entry) {
    const { phase, image, sent, problem, name } = entry;
    if (phase === "queued") return html`<p>Waiting to upload</p>`;
    if (phase === "uploading") return html`<p><progress max="100" value=${sent} aria-label="Uploading ${name}"></progress> ${sent} %</p>`;
    if (phase === "stopped") return failure(entry, problem.title || problem.code ? "Failed" : "Not sent", problem.message, problem.title);
    if (image.status === "ready") return figure(image, { context, sizes: "(max-width: 46rem) 90vw, 26rem" });
    if (image.status === "failed") return failure(entry, "Failed", image.error.message, AGAIN.includes(image.error.code));
    if (image.status === "rejected") {
      return html`<p><strong>Rejected</strong> Only you can see this.</p>
        <ul>${image.moderation.map(({ name, confidence }) => html`<li>${name}, ${Math.round(confidence)} % ${bar(name, confidence)}</li>`)}</ul>`;
    }
    return html`<p>${image.status === "pending" ? "Waiting" : "Being looked at"}</p>`;
  }

  function failure(entry, what, why, worthwhile) {
    const again = worthwhile && entry.file ? () => uploads.again(entry) : () => choose(entry);
    return html`<p class="problem"><strong>${what}</strong> ${why}</p>
      <button type="button" @click=${again}>${worthwhile ? "Try again" : "Choose another file"}</button>`;
  }

  function row(entry) {
    const { name, phase, preview, complaint } = entry;
    const unshown = () => {
      entry.preview = null;
      context.update();
    };
    const word = phase === "uploading" ? "Cancel" : "Remove";
    return html`<li class="entry">
      <div class="row">
        ${preview ? html`<img class="preview" src=${preview} alt="" @error=${unshown} />` : nothing}
        <strong>${name}</strong>
        <button type="button" class="remove" aria-label="${word} ${name}" @click=${() => remove(entry)}>${word}</button>
      </div>
      ${state(entry)} ${complaint ? html`<p class="problem">${complaint}</p>` : nothing}
    </li>`;
  }

  return {
    open(found) {
      article = found;
      uploads = Uploads.of(`${context.session.user.id} ${found.id}`, found, uploads);
      attach();
      plan();
    },
    template: () => html`<section class="pictures" aria-labelledby="pictures">
      <h2 id="pictures">Pictures</h2>
      <div class=${over ? "drop over" : "drop"}>
        <label for="alt">Description</label>
        <input id="alt" maxlength="1000" aria-describedby="alt-hint" .value=${alt} @input=${(event) => (alt = event.target.value)} />
        <p id="alt-hint" class="hint">Of the pictures you add next, for those who can't see them.</p>
        <label for="files">Add pictures</label>
        <input
          id="files"
          type="file"
          multiple
          accept=${ACCEPT}
          aria-describedby="files-hint"
          @change=${({ target }) => {
            add([...target.files]);
            target.value = ""; // so that the same file can be chosen again
          }}
          @cancel=${() => (replaced = null)}
        />
        <p id="files-hint" class="hint">Choose, drop or paste them. Each can have 25 MB.</p>
      </div>
      <ul class="entries" role="list">${uploads.entries.map(row)}</ul>
    </section>`,
  };
}
