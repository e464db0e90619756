// What stands within a line of Markdown: emphasis, code, links. A mark that opens waits on a stack until another closes it.
import { html } from "../vendor/lit-html.js";

const MOST = 20; // marks that wait at once, and characters of one: beyond it they are text, and nobody's stack overflows
const TEXT = /(?:[^\\`*_~![\]<&\nh]|h(?!ttps?:\/\/))+/y;
const ADDRESS = /\(\s*(?:<([^<>\n]*)>|((?:\\.|[^\s()\\<]|\((?:\\.|[^\s()\\])*\))*))(?:\s+(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))?\s*\)/sy;
const ENTITY = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w+));/y;
const NAMED = "amp & lt < gt > quot \" apos ' nbsp \u00a0 copy © reg ® hellip … ndash – mdash — euro € times ×".split(" "); // each with what it stands for
const SPACE = /\s/;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const AFTER_URL = /[?!.,:;*_~'"\]]+$/;

/** Gives the parts of a text: strings and templates. */
export function inline(text) {
  return new Scanner(text).parts();
}

class Scanner {
  #text;
  #at = 0;
  /** What waits: {mark, parts} and, of emphasis, {sign, size, both: whether it may close, too}, of a link or picture {begin, dead}. */
  #stack = [{ mark: "", parts: [] }];
  #unclosed = new Set(); // runs of backticks that nothing closes any more

  constructor(text) {
    this.#text = text;
  }

  parts() {
    while (this.#at < this.#text.length) {
      const sign = this.#text[this.#at];
      if (this.#take(TEXT, ([all]) => all) || this.#marked(sign)) continue;
      this.#add(sign);
      this.#at++;
    }
    this.#fold(0);
    return this.#stack[0].parts;
  }

  /** Takes what begins with that sign; gives whether it means anything there. */
  #marked(sign) {
    switch (sign) {
      case "\\":
        return this.#take(/\\([!-/:-@[-`{-~])/y, ([, one]) => one) || this.#take(/\\\n/y, () => html`<br>`);
      case "\n":
        return this.#take(/\n/y, () => (this.#trim() > 1 ? html`<br>` : "\n"));
      case "&":
        return this.#take(ENTITY, (found) => character(...found));
      case "<":
        return !this.#inLink() && this.#take(/<((?:https?:|mailto:)[^\s<>]*)>/iy, ([, url]) => link(url, url));
      case "h":
        return !this.#inLink() && this.#url();
      case "`":
        return this.#code();
      case "!":
      case "[":
        return this.#take(/!?\[/y, ([mark]) => this.#open({ mark, begin: this.#at + mark.length }));
      case "]":
        return this.#close();
      default:
        return this.#emphasis(sign);
    }
  }

  /** Where the text goes on so, adds what is made of it, and goes behind it. */
  #take(pattern, made) {
    const found = sticky(pattern, this.#text, this.#at);
    if (!found) return false;
    const part = made(found);
    if (part !== undefined) this.#add(part);
    this.#at += found[0].length;
    return true;
  }

  #add(part) {
    const { parts } = this.#stack.at(-1);
    if (typeof part === "string" && typeof parts.at(-1) === "string") parts.push(parts.pop() + part);
    else if (part !== "") parts.push(part);
  }

  /** Takes the blanks before the end of a line away, and gives how many there were. */
  #trim() {
    const { parts } = this.#stack.at(-1);
    if (typeof parts.at(-1) !== "string") return 0;
    const last = parts.pop();
    const kept = last.trimEnd();
    if (kept) parts.push(kept);
    return last.length - kept.length;
  }

  /** Lets a mark wait; gives it as text where too many do. */
  #open(waiting) {
    if (this.#stack.length > MOST) return waiting.mark;
    this.#stack.push({ ...waiting, parts: [] });
    return undefined;
  }

  /** What waits above that place marked nothing: it is text. */
  #fold(place) {
    while (this.#stack.length > place + 1) {
      const { mark, parts } = this.#stack.pop();
      for (const part of [mark, ...parts]) this.#add(part);
    }
  }

  #inLink() {
    return this.#stack.some(({ mark }) => mark === "[");
  }

  #code() {
    const [ticks] = sticky(/`+/y, this.#text, this.#at);
    const begin = this.#at + ticks.length;
    this.#at = begin;
    for (let end = begin; !this.#unclosed.has(ticks) && (end = this.#text.indexOf(ticks, end)) >= 0; ) {
      const [closing] = sticky(/`+/y, this.#text, end);
      if (closing === ticks) {
        const inside = this.#text.slice(begin, end).replaceAll("\n", " ");
        this.#at = end + ticks.length;
        this.#add(html`<code>${inside.trim() && inside.startsWith(" ") && inside.endsWith(" ") ? inside.slice(1, -1) : inside}</code>`);
        return true;
      }
      end += closing.length;
    }
    this.#unclosed.add(ticks);
    this.#add(ticks);
    return true;
  }

  /** An address that stands there without any mark; the punctuation behind it is the sentence's. */
  #url() {
    if (/[\p{L}\p{N}]/u.test(this.#text[this.#at - 1] ?? "")) return false;
    let [url] = sticky(/https?:\/\/[^\s<]{0,2000}/y, this.#text, this.#at);
    const excess = () => url.endsWith(")") && url.split(")").length > url.split("(").length;
    url = url.replace(AFTER_URL, "");
    while (excess()) url = url.slice(0, -1).replace(AFTER_URL, "");
    if (!URL.canParse(url)) return false;
    this.#add(link(url, url));
    this.#at += url.length;
    return true;
  }

  /** The end of a link's words, if an address follows. */
  #close() {
    const place = this.#stack.findLastIndex(({ begin }) => begin !== undefined);
    if (place < 0) return false;
    const { mark, begin, dead } = this.#stack[place];
    const address = dead ? null : sticky(ADDRESS, this.#text, this.#at + 1);
    const words = this.#text.slice(begin, this.#at);
    this.#fold(place);
    this.#at += 1 + (address?.[0].length ?? 0);
    if (!address) {
      this.#fold(place - 1);
      this.#add("]");
      return true;
    }
    const { parts } = this.#stack.pop();
    const href = unescaped(address[1] ?? address[2]);
    if (mark === "[") {
      for (const one of this.#stack) one.dead ||= one.mark === "["; // no link stands in a link
      this.#add(link(href, parts));
    } else {
      const alternative = words.replace(/[*_~`]/g, "") || "Picture";
      this.#add(this.#inLink() ? alternative : link(href, alternative)); // the page loads no picture from elsewhere
    }
    return true;
  }

  /** A run of * or _ or ~ by CommonMark's rules: what it may open and close depends on its neighbours. */
  #emphasis(sign) {
    const run = sticky(/\*+|_+|~+/y, this.#text, this.#at)?.[0];
    if (!run) return false;
    const [before, after] = [this.#text[this.#at - 1] ?? " ", this.#text[this.#at + run.length] ?? " "];
    const [leading, trailing] = [sides(before, after), sides(after, before)];
    const opens = leading && (sign !== "_" || !trailing || PUNCTUATION.test(before));
    const closes = trailing && (sign !== "_" || !leading || PUNCTUATION.test(after));
    const size = run.length;
    this.#at += size;
    let left = run;
    while (closes && left && size <= MOST) {
      const place = this.#stack.findLastIndex((one) => one.begin !== undefined || (one.sign === sign && pair(one, { size, both: opens })));
      const opener = this.#stack[place];
      if (opener?.sign !== sign) break;
      this.#fold(place);
      const used = Math.min(2, left.length, opener.mark.length);
      const wrapped = wrap(sign, used, opener.parts);
      left = left.slice(used);
      opener.mark = opener.mark.slice(used);
      opener.parts = [wrapped];
      if (opener.mark) continue;
      this.#stack.pop();
      this.#add(wrapped);
    }
    const mayOpen = opens && left && size <= (sign === "~" ? 2 : MOST);
    this.#add((mayOpen ? this.#open({ mark: left, sign, size, both: closes }) : left) ?? "");
    return true;
  }
}

/** Whether these runs of one sign belong together: of two that may open and close, lengths that add up to threes don't. */
function pair(opener, { size, both }) {
  if (opener.sign === "~") return opener.size === size;
  return !(opener.both || both) || (opener.size + size) % 3 !== 0 || size % 3 === 0;
}

function wrap(sign, used, inside) {
  if (sign === "~") return html`<del>${inside}</del>`;
  return used === 2 ? html`<strong>${inside}</strong>` : html`<em>${inside}</em>`;
}

/** Whether a run between these two can belong to what comes after it. */
function sides(before, after) {
  return !SPACE.test(after) && (!PUNCTUATION.test(after) || SPACE.test(before) || PUNCTUATION.test(before));
}

/** A link where the address is one to go to; else its words. */
function link(href, words) {
  const scheme = URL.canParse(href) && new URL(href).protocol;
  if (!href.startsWith("#/") && !["http:", "https:", "mailto:"].includes(scheme)) return html`${words}`;
  return html`<a href=${href} rel="noopener nofollow ugc">${words}</a>`;
}

function unescaped(text) {
  return text.replace(/\\([!-/:-@[-`{-~])/g, "$1").replace(new RegExp(ENTITY, "g"), character);
}

/** What an entity stands for; of the named ones, those that people type. */
function character(all, decimal, hex, name) {
  if (name) return NAMED.includes(name) ? NAMED[NAMED.indexOf(name) + 1] : all;
  const code = decimal ? Number(decimal) : parseInt(hex, 16);
  return code && code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\ufffd";
}

function sticky(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
