// Lists of articles, newest first.
import { html, nothing } from "../vendor/lit-html.js";
import { signInFirst } from "./missing.js";
import { time } from "./text.js";

export function feed(context) {
  const tag = context.query.get("tag");
  return articles(context, tag ? `Articles tagged ${tag}` : "Newest articles", { tag });
}

/** The caller's own articles, drafts included. */
export function mine(context) {
  return context.session.user ? articles(context, "My articles", { author: "me" }) : signInFirst(context, "My articles");
}

function articles(context, heading, params) {
  context.title(heading);
  const list = pages(context, "/articles", params, row);
  return () => html`<h1 dir="auto">${heading}</h1>${list()}`;
}

const row = (article) => html`<article>
  <h2 dir="auto"><a href="#/articles/${article.id}">${article.title}</a></h2>
  ${about(article)}
</article>`;

/** Who wrote an article, when, and under which tags. */
export const about = ({ author, status, created_at, tags }) => html`<p class="about">
    ${status === "draft" ? html`<strong class="draft">Draft</strong>` : nothing} <bdi>${author.name}</bdi> ${time(created_at)}
  </p>
  ${
    tags.length
      ? html`<ul class="tags" role="list" aria-label="Tags">${tags.map((tag) => html`<li><a href="#/?tag=${encodeURIComponent(tag)}" dir="auto">${tag}</a></li>`)}</ul>`
      : nothing
  }`;

/** A list that grows by a page when its end comes near, or when asked. What was loaded is there again after going back. */
export function pages(context, path, params, row) {
  const { memory, signal } = context;
  memory.items ??= [];
  let loading = false;
  let problem;

  async function more(event) {
    if (loading || memory.cursor === null) return;
    const before = memory.items.length;
    loading = true;
    problem = undefined;
    context.update();
    try {
      const { body } = await context.api.get(path, { params: { ...params, cursor: memory.cursor }, signal });
      memory.items.push(...body.items);
      memory.cursor = body.next_cursor;
      if (before) context.say(`${memory.items.length - before} more`);
    } catch (error) {
      if (!before) return context.fail(error);
      problem = error;
    }
    loading = false;
    // Who pressed the button, or stood on it when it went, goes on with what it brought.
    const moves = memory.cursor === null ? document.activeElement?.id === "more" : event && memory.items.length > before;
    context.update();
    if (moves) (document.querySelector(".pages").children[before]?.querySelector("a") ?? document.getElementById("main")).focus();
  }

  const near = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && more(), { rootMargin: "600px" });
  signal.addEventListener("abort", () => near.disconnect());
  const watch = () => {
    near.disconnect(); // observed anew, it tells again whether the end is near
    const end = document.getElementById("more");
    if (end && !problem && !signal.aborted) near.observe(end);
  };
  if (memory.cursor === undefined) more();

  return () => {
    queueMicrotask(watch);
    const { items, cursor } = memory;
    return html`<div class="pages" aria-busy=${loading}>${items.map(row)}</div>
      ${problem ? html`<p role="alert">${problem.message}</p>` : nothing}
      ${cursor ? html`<p><button id="more" @click=${more}>Show more</button></p>` : nothing}
      ${loading ? html`<p class="wait">Loading …</p>` : nothing}
      ${cursor === null ? html`<p class="about">${items.length ? "That is all." : "Nothing here yet."}</p>` : nothing}`;
  };
}
