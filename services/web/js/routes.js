// Which address shows which view. Addresses live behind the #, so that the page is one file on any server.
import { article } from "./article.js";
import { editor } from "./editor.js";
import { feed, mine } from "./feed.js";
import { label, labels } from "./labels.js";
import { missing } from "./missing.js";

const ROUTES = Object.entries({
  "": feed,
  mine,
  new: editor,
  "articles/:id": article,
  "articles/:id/edit": editor,
  labels,
  "labels/:name": label,
});

/** Gives {view, params, query} of a location's hash, such as #/articles/01J…?from=feed. */
export function match(hash) {
  const [, path, search] = /^#?\/?([^?]*)(.*)/s.exec(hash);
  const query = new URLSearchParams(search);
  const found = path.split("/");
  for (const [pattern, view] of ROUTES) {
    const parts = pattern.split("/");
    const params = {};
    const fits = (part, at) => (part[0] === ":" ? (params[part.slice(1)] = decode(found[at])) : part === found[at]);
    if (parts.length === found.length && parts.every(fits)) return { view, params, query };
  }
  return { view: missing, params: {}, query };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that somebody typed
  }
}
