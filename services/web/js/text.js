// How times and numbers are written: in the reader's language and time zone.
import { html } from "../vendor/lit-html.js";

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
const numbers = new Intl.NumberFormat();

/** An element for a time as the API writes it, RFC 3339. */
export const time = (text) => html`<time datetime=${text}>${moments.format(new Date(text))}</time>`;

/** The time of day. */
export const clock = (moment) => new Date(moment).toLocaleTimeString([], { timeStyle: "short" });

/** "1 picture", "1,200 pictures". */
export const count = (number, one) => `${numbers.format(number)} ${one}${number === 1 ? "" : "s"}`;
