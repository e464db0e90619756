// Which address shows which view. Addresses live behind the #, so that the page is one file on any server.
import { article } from "./article.js";
import { editor } from "./editor.js";
import { feed, mine } from "./feed.js";
import { label, labels } from "./labels.js";
import { missing } from "./missing.js";

const ROUTES = [
  ["", feed],
  ["mine", mine],
  ["new", editor],
  ["articles/:id", article],
  ["articles/:id/edit", editor],
  ["labels", labels],
  ["labels/:name", label],
];

/** Gives {view, params, query} of a location's hash, such as #/articles/01J…?from=feed. */
export function match(hash) {
  const [path, query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const found = path.split("/");
  for (const [pattern, view] of ROUTES) {
    const wanted = pattern.split("/");
    if (wanted.length !== found.length) continue;
    const params = {};
    const fits = wanted.every((part, at) => (part.startsWith(":") ? (params[part.slice(1)] = decode(found[at])) : part === found[at]));
    if (fits) return { view, params, query: new URLSearchParams(query) };
  }
  return { view: missing, params: {}, query: new URLSearchParams(query) };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that somebody typed
  }
}
