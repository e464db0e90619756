// What is shown when somebody else saved first: both texts whole, side by side, and what is different in them.
import { html } from "../vendor/lit-html.js";

const MOST = 1_000_000; // pairs of lines that are compared: a blink of an eye, and 2 MB

/** Gives [of the first, of the second text]: lines as {line, same}. */
export function compare(first, second) {
  const [a, b] = [first.split("\n"), second.split("\n")].map((lines) => lines.map((line) => ({ line, same: false })));
  let [start, ends] = [0, [a.length, b.length]];
  const mark = (i, j) => (a[i].same = b[j].same = true);
  while (start < Math.min(...ends) && a[start].line === b[start].line) mark(start, start++);
  while (Math.min(...ends) > start && a[ends[0] - 1].line === b[ends[1] - 1].line) mark(--ends[0], --ends[1]);
  const [height, width] = ends.map((end) => end - start);
  // Where both are long and differ all over, their lines are not matched: all in between counts as different.
  if (height * width > MOST) return [a, b];
  // The longest common subsequence: common[i][j] is its length in what follows line i of one and j of the other.
  const common = Array.from({ length: height + 1 }, () => new Uint16Array(width + 1));
  const equal = (i, j) => a[start + i].line === b[start + j].line;
  for (let i = height - 1; i >= 0; i--) {
    for (let j = width - 1; j >= 0; j--) {
      common[i][j] = equal(i, j) ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  for (let i = 0, j = 0; i < height && j < width; ) {
    if (equal(i, j)) mark(start + i++, start + j++);
    else if (common[i + 1][j] >= common[i][j + 1]) i++;
    else j++;
  }
  return [a, b];
}

/** The dialog; opened by showModal(). Escape decides nothing: the next save meets the same again. */
export function conflict(mine, theirs, { over, take, go }) {
  const parts = ["title", "tags", "body"].map((name) => compare(theirs[name], mine[name]));
  const side = (heading, at, wrap) => html`<section>
    <h3>${heading}</h3>
    ${parts.map((part, n) => html`<p class=${n === 2 ? "lines" : "lines short"} dir="auto">${part[at].map(({ line, same }) => (same ? `${line}\n` : wrap(line)))}</p>`)}
  </section>`;
  return html`<dialog id="conflict" role="alertdialog" aria-labelledby="conflict-title" aria-describedby="conflict-text">
    <h2 id="conflict-title">Someone else saved first</h2>
    <p id="conflict-text">Nothing is lost: compare both, and choose. Title, tags and text follow each other; lines that differ are marked.</p>
    <div class="sides">
      ${side(`Theirs (${theirs.status})`, 0, (line) => html`<del>${line}\n</del>`)}
      ${side("Mine", 1, (line) => html`<ins>${line}\n</ins>`)}
    </div>
    <p class="actions">
      <button @click=${over}>Save mine over theirs</button>
      <button @click=${take}>Take theirs</button>
      <button autofocus @click=${go}>Keep editing</button>
    </p>
  </dialog>`;
}
