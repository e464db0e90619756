// A picture that was understood: its labels as chips, and boxes over it where a label was seen.
import { html, nothing, svg } from "../vendor/lit-html.js";

const FIRST = 8; // labels that are shown unasked
const LARGE = 2048; // the renditions' longer sides, in pixels
const THUMBNAIL = 400;

// What a person has pinned or opened, by image: it outlives a rendering, and ends with the image.
const states = new WeakMap();

/**
 * Gives the figure of an image, or of an entry of a label's page, that has urls.
 *
 * shown: name of a label whose boxes are there from the start; sizes: the width it takes, as <img sizes>; caption: a
 * template below the labels.
 */
export function figure(image, { context, shown = null, sizes = "(max-width: 46rem) 94vw, 44rem", caption = nothing }) {
  if (!states.has(image)) states.set(image, { pinned: shown, pointed: null, focused: null, all: false });
  const state = states.get(image);
  const labels = [...(image.labels ?? [image.label])].sort((one, other) => other.confidence - one.confidence);
  const set = (changes) => {
    Object.assign(state, changes);
    context.update();
  };
  const name = state.pointed ?? state.focused ?? state.pinned;
  const boxes = labels.find((label) => label.name === name)?.boxes ?? [];
  const visible = state.all ? labels : labels.slice(0, FIRST);
  const width = (side) => Math.round(Math.min(1, side / Math.max(image.width, image.height)) * image.width);
  const showAll = (event) => {
    const list = event.currentTarget.previousElementSibling;
    set({ all: true });
    list.children[FIRST].firstElementChild.focus(); // the button is gone: go on where it led
  };
  return html`<figure class="picture">
    <div class="seen">
      <img
        src=${image.urls.large}
        srcset="${image.urls.thumbnail} ${width(THUMBNAIL)}w, ${image.urls.large} ${width(LARGE)}w"
        sizes=${sizes}
        width=${image.width}
        height=${image.height}
        alt=${image.alt || alternative(labels)}
        loading="lazy"
        decoding="async"
      />
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">${boxes.map(rectangle)}</svg>
    </div>
    ${visible.length ? html`<ul class="chips" role="list" aria-label="Labels">${visible.map((label) => chip(label, state, set))}</ul>` : nothing}
    ${visible.length < labels.length ? html`<button type="button" @click=${showAll}>All ${labels.length} labels</button>` : nothing}
    ${caption === nothing ? nothing : html`<figcaption>${caption}</figcaption>`}
  </figure>`;
}

/** Gives a confidence as a bar with its name. */
export function bar(name, confidence) {
  return html`<meter min="0" max="100" value=${confidence} aria-label="Confidence of ${name}"></meter>`;
}

/** Gives the names of an image's surest labels, for a sentence. */
export function surest(labels) {
  return labels.slice(0, 3).map((label) => label.name).join(", ");
}

function alternative(labels) {
  return labels.length ? `Picture showing ${surest(labels)}` : "Picture";
}

function chip({ name, confidence, boxes }, state, set) {
  const pinned = state.pinned === name;
  const escape = (event) => event.key === "Escape" && set({ pinned: null, focused: null, pointed: null });
  return html`<li>
    <button
      type="button"
      class=${boxes.length ? "chip placed" : "chip"}
      aria-pressed=${pinned}
      aria-description=${boxes.length ? (boxes.length === 1 ? "1 place" : `${boxes.length} places`) : nothing}
      @pointerenter=${() => set({ pointed: name })}
      @pointerleave=${() => set({ pointed: null })}
      @focus=${(event) => event.target.matches(":focus-visible") && set({ focused: name })}
      @blur=${() => state.focused === name && set({ focused: null })}
      @click=${() => set({ pinned: pinned ? null : name })}
      @keydown=${escape}
    >${name}, ${Math.round(confidence)} %</button>
    ${bar(name, confidence)}
    <a class="elsewhere" href="#/labels/${encodeURIComponent(name)}" title="Where else ${name} is seen" aria-label="Where else ${name} is seen">→</a>
  </li>`;
}

function rectangle({ left, top, width, height }) {
  // Twice, dark below light: one of them stands out from any picture.
  const one = (kind) => svg`<rect class=${kind} x=${left} y=${top} width=${width} height=${height} vector-effect="non-scaling-stroke"></rect>`;
  return [one("below"), one("above")];
}
