// Markdown as templates: what somebody wrote becomes text in elements of ours, never markup.
import { html, nothing } from "../vendor/lit-html.js";
import { lexer } from "../vendor/marked.js";

const DEEPEST = 50; // levels; who nests deeper means no structure
const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", reg: "®", hellip: "…", ndash: "–", mdash: "—", euro: "€", times: "×" };
const HEADINGS = [
  (inside) => html`<h2>${inside}</h2>`, // the first is the article's title
  (inside) => html`<h3>${inside}</h3>`,
  (inside) => html`<h4>${inside}</h4>`,
  (inside) => html`<h5>${inside}</h5>`,
  (inside) => html`<h6>${inside}</h6>`,
];

/** Gives the template of a text in GitHub's Markdown; of one that no parser can take, the text as it stands. */
export function markdown(text) {
  try {
    return all(lexer(text), 0);
  } catch {
    return html`<p class="plain">${text}</p>`;
  }
}

function all(tokens, level, linked) {
  if (level > DEEPEST) throw new RangeError("nested too deeply");
  return tokens.map((token) => one(token, level + 1, linked));
}

function one(token, level, linked) {
  const { type, text } = token;
  const inside = token.tokens && type !== "image" ? all(token.tokens, level, linked || type === "link") : nothing;
  switch (type) {
    case "heading": return HEADINGS[Math.min(token.depth, 5) - 1](inside);
    case "paragraph": return html`<p>${inside}</p>`;
    case "text": return token.tokens ? inside : decoded(text);
    case "escape": return text;
    case "strong": return html`<strong>${inside}</strong>`;
    case "em": return html`<em>${inside}</em>`;
    case "del": return html`<del>${inside}</del>`;
    case "codespan": return html`<code>${text}</code>`;
    case "br": return html`<br>`;
    case "hr": return html`<hr>`;
    case "code": return html`<pre tabindex="0"><code>${text}</code></pre>`;
    case "html": return token.block ? html`<p class="plain">${text}</p>` : text;
    case "blockquote": return html`<blockquote>${inside}</blockquote>`;
    case "list": {
      const items = all(token.items, level, linked);
      return token.ordered ? html`<ol start=${token.start}>${items}</ol>` : html`<ul>${items}</ul>`;
    }
    case "list_item": return html`<li>${inside}</li>`;
    case "checkbox": return html`<input type="checkbox" disabled ?checked=${token.checked} aria-label=${token.checked ? "Done" : "To do"}>`;
    case "table": return table(token, level);
    case "link": return link(token.href, inside, linked);
    case "image": return link(token.href, plain(token.tokens) || "Picture", linked); // the page loads none from elsewhere
  }
  return nothing; // blank lines, definitions of links
}

function table({ header, rows }, level) {
  const inside = (cell) => all(cell.tokens, level);
  return html`<div class="scroll" tabindex="0"><table>
    <thead><tr>${header.map((cell) => html`<th class=${cell.align ?? nothing}>${inside(cell)}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td class=${cell.align ?? nothing}>${inside(cell)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/** A link where the address is one to go to; else its words. No link stands in a link. */
function link(address, words, linked) {
  const href = decoded(address);
  const scheme = URL.canParse(href) && new URL(href).protocol;
  if (linked || !(href.startsWith("#/") || ["http:", "https:", "mailto:"].includes(scheme))) return words;
  return html`<a href=${href} rel="noopener nofollow ugc">${words}</a>`;
}

const plain = (tokens) => tokens.map((token) => (token.tokens ? plain(token.tokens) : decoded(token.text ?? ""))).join("");

/** Entities are read here, once: the lexer leaves them as they are. Of the named ones, those that people type. */
function decoded(text) {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (all, decimal, hex, name) => {
    if (name) return NAMED[name] ?? all;
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return code && code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\ufffd";
  });
}
