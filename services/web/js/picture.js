// A picture that was understood: its labels as chips, and boxes over it where one was seen.
import { html, nothing, svg } from "../vendor/lit-html.js";

const FIRST = 8; // labels that are shown unasked
const SIDES = { thumbnail: 400, large: 2048 }; // the renditions' longer ones, in pixels

const states = new WeakMap(); // what a person has pinned, pointed at or opened, by image

/**
 * Gives the figure of an image that is ready, or of an entry of a label's page. `shown` is a label whose boxes are
 * there from the start, `caption` a template below the labels.
 */
export function figure(image, { context, shown, caption }) {
  const { urls, width, height, alt } = image;
  if (!states.has(image)) states.set(image, { pinned: shown });
  const state = states.get(image);
  const set = (changes) => {
    Object.assign(state, changes);
    context.update();
  };
  const labels = [...(image.labels ?? [image.label])].sort((one, other) => other.confidence - one.confidence);
  const visible = state.all ? labels : labels.slice(0, FIRST);
  const name = state.pointed ?? state.focused ?? state.pinned;
  const boxes = labels.find((label) => label.name === name)?.boxes ?? [];
  const source = (rendition) => `${urls[rendition]} ${Math.round(width * Math.min(1, SIDES[rendition] / Math.max(width, height)))}w`;
  const open = ({ target }) => {
    const chips = target.previousElementSibling.children;
    set({ all: true });
    chips[FIRST].firstElementChild.focus(); // the button is gone
  };
  return html`<figure class="picture">
    <div class="seen">
      <img src=${urls.large} srcset="${source("thumbnail")}, ${source("large")}" sizes="(max-width: 46rem) 94vw, 44rem"
        width=${width} height=${height} alt=${alt || `Picture${labels.length ? ` showing ${surest(labels)}` : ""}`} loading="lazy">
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">${boxes.map(outline)}</svg>
    </div>
    ${labels.length ? html`<ul class="chips" role="list" aria-label="Labels">${visible.map((label) => chip(label, state, set, shown))}</ul>` : nothing}
    ${visible.length < labels.length ? html`<button @click=${open}>All ${labels.length} labels</button>` : nothing}
    ${caption ? html`<figcaption>${caption}</figcaption>` : nothing}
  </figure>`;
}

/** A confidence as a bar. */
export const bar = (name, confidence) => html`<meter max="100" value=${confidence} aria-label="Confidence of ${name}"></meter>`;

/** The names of an image's first labels, for a sentence. */
export const surest = (labels) =>
  labels
    .slice(0, 3)
    .map(({ name }) => name)
    .join(", ");

function chip({ name, confidence, boxes }, state, set, shown) {
  const places = boxes.length && `${boxes.length} place${boxes.length > 1 ? "s" : ""}`;
  return html`<li>
    <button
      class=${places ? "chip placed" : "chip"}
      aria-pressed=${state.pinned === name}
      aria-description=${places || nothing}
      @pointerenter=${() => set({ pointed: name })}
      @pointerleave=${() => set({ pointed: null })}
      @focus=${({ target }) => target.matches(":focus-visible") && set({ focused: name })}
      @blur=${() => state.focused && set({ focused: null })}
      @click=${() => set({ pinned: state.pinned === name ? null : name })}
      @keydown=${({ key }) => key === "Escape" && set({ pinned: null, focused: null, pointed: null })}
    >${name}, ${Math.round(confidence)} %</button>
    ${bar(name, confidence)}
    ${
      name === shown
        ? nothing // its page is this one
        : html`<a class="elsewhere" href="#/labels/${encodeURIComponent(name)}" title="Where else ${name} is seen" aria-label="Where else ${name} is seen">→</a>`
    }
  </li>`;
}

/** Two lines, light on dark: one of them stands out from any picture. */
const outline = ({ left, top, width, height }) =>
  ["below", "above"].map(
    (line) => svg`<rect class=${line} x=${left} y=${top} width=${width} height=${height} vector-effect="non-scaling-stroke"></rect>`,
  );
