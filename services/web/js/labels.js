// What has been seen on pictures, and where.
import { html, nothing } from "../vendor/lit-html.js";
import { pages } from "./feed.js";
import { figure } from "./picture.js";
import { count } from "./text.js";

export function labels(context) {
  const { api, signal, memory } = context;
  context.title("Labels");
  memory.all ??= [];
  memory.wanted ??= "";
  let loading = false;

  /** Loads the next page, and all that are left while something is looked for. */
  async function load(event) {
    if (loading || memory.cursor === null) return;
    const before = memory.all.length;
    loading = true;
    try {
      do {
        const { body } = await api.get("/labels", { params: { limit: 100, cursor: memory.cursor }, signal });
        memory.all.push(...body.items);
        memory.cursor = body.next_cursor;
        context.update();
      } while (memory.cursor && memory.wanted);
    } catch (error) {
      context.fail(error);
    }
    loading = false;
    context.update();
    if (event) document.querySelectorAll(".labels a")[before]?.focus(); // the button may be gone
  }

  function find(event) {
    memory.wanted = event.target.value;
    context.update();
    if (memory.wanted) load();
  }

  if (memory.cursor === undefined) load();

  return () => {
    const { all, cursor, wanted } = memory;
    const part = wanted.trim().toLowerCase();
    const found = part ? all.filter(({ name }) => name.toLowerCase().includes(part)) : all;
    let said = all.length ? nothing : "Nothing here yet.";
    if (part) said = `${count(found.length, "label")} found${cursor ? " so far" : ""}`;
    if (cursor === undefined) said = "Loading …";
    return html`<h1>Labels</h1>
      <p><label for="find">Find a label</label> <input id="find" type="search" autocomplete="off" .value=${wanted} @input=${find}></p>
      <p class="about" role="status">${said}</p>
      <ul class="labels" role="list" aria-busy=${loading}>
        ${found.map(({ name, images }) => html`<li><a href="#/labels/${encodeURIComponent(name)}" dir="auto">${name}</a> <span>${images}</span></li>`)}
      </ul>
      ${cursor && !part ? html`<p><button @click=${load}>Show more</button></p>` : nothing}`;
  };
}

/** Where a label has been seen. */
export function label(context) {
  const { name } = context.params;
  context.title(name);
  const place = (image) => html`<a href="#/articles/${image.article_id}">In its article</a>`;
  const list = pages(context, `/labels/${encodeURIComponent(name)}/images`, {}, (image) =>
    figure(image, { context, shown: name, caption: place(image) }),
  );
  return () => html`<h1 dir="auto">${name}</h1><p><a href="#/labels">All labels</a></p>${list()}`;
}
