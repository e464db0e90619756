// Markdown as templates: what somebody wrote becomes text in elements of ours, never markup. CommonMark with tables, task lists and
// strikethrough, but for HTML (it is shown as text) and links that are defined elsewhere in the text.
import { html, nothing } from "../vendor/lit-html.js";
import { inline } from "./inline.js";

const DEEPEST = 40; // levels of quotes and lists; who nests deeper means no structure
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const FENCE = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})/;
const UNDERLINE = /^ {0,3}(=+|-+) *$/;
const BEGINS = /^ {0,3}(?:#{1,6}(?: |$)|>|(?:[-+*]|1[.)]) +\S)/; // with rules and fences: what ends a paragraph
const HEADINGS = [
  (inside) => html`<h2>${inside}</h2>`, // the first is the article's title
  (inside) => html`<h3>${inside}</h3>`,
  (inside) => html`<h4>${inside}</h4>`,
  (inside) => html`<h5>${inside}</h5>`,
  (inside) => html`<h6>${inside}</h6>`,
];

/** Gives the templates of a text. */
export function markdown(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const indents = (blank) => blank.replace(/ {0,3}\t/g, "    ");
  return blocks(
    lines.map((line) => line.replace(/^[ \t]+/, indents)),
    0,
  );
}

/** Each kind takes the lines and where it may begin; it gives [template, where it ends], or nothing where it does not. */
function blocks(lines, level, tight = false) {
  const found = [];
  for (let at = 0; at < lines.length; ) {
    if (!lines[at].trim()) {
      at++;
      continue;
    }
    const nested = level < DEEPEST && (quote(lines, at, level) ?? list(lines, at, level));
    const [template, end] =
      indented(lines, at) ??
      heading(lines, at) ??
      rule(lines, at) ??
      fence(lines, at) ??
      (nested || null) ??
      table(lines, at) ??
      paragraph(lines, at, tight);
    found.push(template);
    at = end;
  }
  return found;
}

function heading(lines, at) {
  const found = /^ {0,3}(#{1,6})(?!\S)(.*)$/.exec(lines[at]);
  return found && [titled(found[1].length, found[2].trim().replace(/(^|\s)#+$/, "")), at + 1];
}

const titled = (depth, text) => HEADINGS[Math.min(depth, 5) - 1](inline(text.trim()));

function rule(lines, at) {
  return RULE.test(lines[at]) ? [html`<hr>`, at + 1] : null;
}

function indented(lines, at) {
  let end = at;
  for (let next = at; next < lines.length && (blanks(lines[next]) > 3 || !lines[next].trim()); next++) if (lines[next].trim()) end = next + 1;
  return end > at ? [code(lines.slice(at, end).map((line) => line.slice(4))), end] : null;
}

const code = (lines) => html`<pre tabindex="0"><code>${lines.join("\n")}</code></pre>`;

function fence(lines, at) {
  const [, indent, marks] = FENCE.exec(lines[at]) ?? [];
  if (!marks) return null;
  const closes = new RegExp(`^ {0,3}${marks[0]}{${marks.length},} *$`);
  let end = at + 1;
  while (end < lines.length && !closes.test(lines[end])) end++;
  const inside = lines.slice(at + 1, end).map((line) => line.slice(Math.min(indent.length, blanks(line))));
  return [code(inside), end + 1];
}

function quote(lines, at, level) {
  if (!/^ {0,3}>/.test(lines[at])) return null;
  const inside = [];
  for (; at < lines.length; at++) {
    if (/^ {0,3}>/.test(lines[at])) inside.push(lines[at].replace(/^ {0,3}> ?/, ""));
    else if (goesOn(inside, lines[at])) inside.push(lines[at]);
    else break;
  }
  return [html`<blockquote>${blocks(inside, level + 1)}</blockquote>`, at];
}

function list(lines, at, level) {
  const first = item(lines[at]);
  if (!first) return null;
  const items = [];
  let loose = false;
  for (let next; (next = item(lines[at])) && next.kind === first.kind; ) {
    const inside = [lines[at++].slice(next.width)];
    for (; at < lines.length; at++) {
      const line = lines[at];
      if (!line.trim()) inside.push("");
      else if (blanks(line) >= next.width) inside.push(line.slice(next.width));
      else if (!item(line) && goesOn(inside, line)) inside.push(line);
      else break;
    }
    const ended = Math.max(1, inside.findLastIndex((line) => line) + 1);
    const apart = inside.some((line, place) => place && !line && place < ended && inside[place + 1] && blanks(inside[place + 1]) < 2);
    loose ||= apart || (ended < inside.length && item(lines[at])?.kind === first.kind);
    items.push(inside.slice(0, ended));
  }
  const entries = items.map((inside) => entry(inside, level, !loose));
  return [first.number === null ? html`<ul>${entries}</ul>` : html`<ol start=${first.number}>${entries}</ol>`, at];
}

function entry([first = "", ...others], level, tight) {
  const [all = "", mark] = /^\[([ xX])\] +(?=\S)/.exec(first) ?? [];
  const done = mark !== " ";
  const box = all ? html`<input type="checkbox" disabled ?checked=${done} aria-label=${done ? "Done" : "To do"}> ` : nothing;
  return html`<li>${box}${blocks([first.slice(all.length), ...others], level + 1, tight)}</li>`;
}

/** {kind, number, width} of a line that begins a list's entry: width characters stand before its text. */
function item(line) {
  if (line === undefined || RULE.test(line)) return null;
  const [, indent, mark, number, sign, blank, text] = /^( {0,3})([-+*]|(\d{1,9})([.)]))( *)(.*)$/.exec(line) ?? [];
  if (!mark || (text && !blank)) return null;
  return {
    kind: sign ?? mark,
    number: number === undefined ? null : Number(number),
    width: indent.length + mark.length + (text && blank.length < 5 ? blank.length : 1),
  };
}

function table(lines, at) {
  const header = cells(lines[at]);
  const columns = lines[at].includes("|") && lines[at + 1] !== undefined ? cells(lines[at + 1]) : [];
  if (columns.length !== header.length || !columns.every((column) => /^:?-+:?$/.test(column))) return null;
  const sides = columns.map((column) => (column.endsWith(":") ? (column.startsWith(":") ? "center" : "right") : nothing));
  let end = at + 2;
  while (end < lines.length && lines[end].trim() && !begins(lines[end])) end++;
  const rows = lines.slice(at + 2, end).map(cells);
  const template = html`<div class="scroll" tabindex="0"><table>
    <thead><tr>${header.map((cell, column) => html`<th class=${sides[column]}>${inline(cell)}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.slice(0, header.length).map((cell, column) => html`<td class=${sides[column]}>${inline(cell)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
  return [template, end];
}

function cells(line) {
  const row = line
    .trim()
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
  if (row.length > 1 && !row.at(-1)) row.pop();
  return row[0] ? row : row.slice(1);
}

function paragraph(lines, at, tight) {
  let end = at + 1;
  for (; end < lines.length && lines[end].trim(); end++) {
    const underline = UNDERLINE.exec(lines[end]);
    if (underline) return [titled(underline[1][0] === "=" ? 1 : 2, joined(lines, at, end)), end + 1];
    if (begins(lines[end])) break;
  }
  const inside = inline(joined(lines, at, end));
  return [tight ? inside : html`<p>${inside}</p>`, end];
}

const joined = (lines, at, end) =>
  lines
    .slice(at, end)
    .map((line) => line.trimStart())
    .join("\n")
    .trimEnd();
const begins = (line) => BEGINS.test(line) || RULE.test(line) || FENCE.test(line);
const goesOn = (inside, line) => Boolean(inside.at(-1)?.trim() && line.trim()) && !begins(line);
const blanks = (line) => line.length - line.trimStart().length;
