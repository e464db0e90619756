// An article as a reader sees it.
import { html, nothing } from "../vendor/lit-html.js";
import { about } from "./feed.js";
import { markdown } from "./markdown.js";
import { figure } from "./picture.js";

export function article(context) {
  const { api, session, signal } = context;
  const path = `/articles/${encodeURIComponent(context.params.id)}`;
  let found;
  let etag;
  let body;
  let problem;
  let renewed = 0;

  async function load() {
    ({ body: found, etag } = await api.get(path, { signal }));
    body = markdown(found.body);
    context.title(found.title);
    context.update();
  }

  /** Pictures' addresses live for a quarter of an hour: who reads longer gets new ones, once in a while. */
  function renew() {
    if (Date.now() - renewed < 60_000) return;
    renewed = Date.now();
    load().then(
      () => document.querySelectorAll(".seen img").forEach((img) => img.naturalWidth || (img.srcset += "")),
      () => {},
    );
  }

  const sure = () => document.getElementById("sure");

  async function remove() {
    sure().close();
    try {
      await api.call("DELETE", path, { headers: { "If-Match": etag }, signal });
      context.changed();
      addEventListener("hashchange", () => context.say("The article was deleted."), { once: true });
      context.go("#/mine");
    } catch (error) {
      problem = error;
      if (error.status === 412) await load().catch(() => {}); // somebody changed it meanwhile: look, then decide
      context.update();
    }
  }

  load().catch(context.fail);

  return () => {
    if (!found) return html`<p class="wait">Loading …</p>`;
    const own = session.user && (session.user.editor || session.user.id === found.author.id);
    const shown = found.images.filter((image) => image.status === "ready");
    return html`<article class="text">
        <h1 dir="auto">${found.title}</h1>
        ${about(found)}
        ${
          own
            ? html`<p class="actions">
              <a class="button" href="#/articles/${found.id}/edit">Edit</a>
              <button @click=${() => sure().showModal()}>Delete</button>
            </p>`
            : nothing
        }
        ${problem ? html`<p role="alert">${problem.message}</p>` : nothing}
        <div dir="auto">${body}</div>
      </article>
      ${
        shown.length
          ? html`<section class="gallery" aria-labelledby="gallery" @error=${{ handleEvent: renew, capture: true }}>
            <h2 id="gallery">Pictures</h2>
            ${shown.map((image) => figure(image, { context }))}
          </section>`
          : nothing
      }
      <dialog id="sure" aria-labelledby="asked">
        <h2 id="asked">Delete this article?</h2>
        <p>It and its pictures are gone for good.</p>
        <p class="actions"><button @click=${() => sure().close()}>Keep it</button> <button class="primary" @click=${remove}>Delete it</button></p>
      </dialog>`;
  };
}
