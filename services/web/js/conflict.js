// What is shown when somebody else saved first: both texts whole, side by side, and what is different in them.
import { html } from "../vendor/lit-html.js";

const NAMES = { title: "Title", body: "Text", tags: "Tags" };
const MOST = 1_000_000; // pairs of lines that are compared: a blink of an eye, and 2 MB

/** Gives the lines of both texts as {line, same}, by their longest common subsequence. */
export function compare(...texts) {
  const [a, b] = texts.map((text) => text.split(/\r?\n/).map((line) => ({ line, same: false })));
  const equal = (one, other) => one.line === other.line;
  const mark = (one, other) => (one.same = other.same = true);
  const least = Math.min(a.length, b.length);
  let [head, tail] = [0, 0];
  for (; head < least && equal(a[head], b[head]); head++) mark(a[head], b[head]);
  for (; tail < least - head && equal(a.at(-1 - tail), b.at(-1 - tail)); tail++) mark(a.at(-1 - tail), b.at(-1 - tail));
  const [x, y] = [a, b].map((lines) => lines.slice(head, lines.length - tail));
  // Of long texts that differ all over, everything between counts as different.
  if (x.length * y.length > MOST) return [a, b];
  // common[i][j]: how many lines those of x from i on share with those of y from j on.
  const common = Array.from({ length: x.length + 1 }, () => new Uint16Array(y.length + 1));
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = y.length - 1; j >= 0; j--) {
      common[i][j] = equal(x[i], y[j]) ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  for (let i = 0, j = 0; i < x.length && j < y.length; ) {
    if (equal(x[i], y[j])) mark(x[i++], y[j++]);
    else if (common[i + 1][j] >= common[i][j + 1]) i++;
    else j++;
  }
  return [a, b];
}

/** A dialog. Escape closes it and decides nothing: the next save meets the same again. */
export function conflict(mine, theirs, status, { over, take, go, closed }) {
  const texts = Object.keys(NAMES).map((name) => [NAMES[name], compare(theirs[name], mine[name])]);
  const side = (heading, at, wrap) => html`<section>
    <h3>${heading}</h3>
    ${texts.map(([name, both]) => html`<p class="hint">${name}</p><p class="lines" dir="auto">${both[at].map(({ line, same }) => (same ? `${line}\n` : wrap(line)))}</p>`)}
  </section>`;
  return html`<dialog id="conflict" role="alertdialog" aria-labelledby="first" aria-describedby="both" @close=${closed}>
    <h2 id="first">Someone else saved first</h2>
    <p id="both">Nothing is lost: lines that differ are marked. Keep editing to copy from theirs what you want; your next save then replaces it.</p>
    <p class="actions">
      <button class="primary" autofocus @click=${go}>Keep editing</button> <button @click=${take}>Take theirs</button>
      <button @click=${over}>Save mine over theirs</button>
    </p>
    <div class="sides">
      ${side(`Theirs, ${status}`, 0, (line) => html`<del>${line}\n</del>`)} ${side("Mine", 1, (line) => html`<ins>${line}\n</ins>`)}
    </div>
  </dialog>`;
}
