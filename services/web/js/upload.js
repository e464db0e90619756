// Pictures on their way: each is registered with the API and posted to S3, three at once. They go on when the person
// looks at another view; coming back, they are found here again.
import { Problem } from "./api.js";
import { surest } from "./picture.js";

const AT_ONCE = 3;
const LARGEST = 26_214_400; // bytes, as openapi.json has it
const FORMATS = ["jpeg", "png", "webp", "gif", "heic", "heif", "avif", "tiff", "bmp"];
const UNSEEN = /hei[cf]|tiff/; // browsers do not show these

export const ACCEPT = `${FORMATS.map((format) => `image/${format},.${format}`)},.jpg,.tif`;

const kept = new Map();

addEventListener("beforeunload", (event) => [...kept.values()].some(({ running }) => running) && event.preventDefault());

/**
 * The pictures of one article, those on their way and those that are there. An entry has a name, a phase (queued,
 * uploading, sent, stopped) and, as far as it got, an image of the API, `sent` in percent, a preview, a problem.
 */
export class Uploads {
  entries = [];
  running = 0;
  onchange = () => {};
  say = () => {};

  constructor(api) {
    this.api = api;
  }

  /** Gives those of an article: the ones that are under way, or `fresh`, which begin now. */
  static of(key, article, fresh) {
    const found = kept.get(key) ?? fresh;
    kept.set(key, found);
    found.path = `/articles/${article.id}/images`;
    found.merge(article.images, found.entries);
    found.pump();
    return found;
  }

  add(files, alt) {
    for (const file of files) {
      const type = typeOf(file);
      const why = refusal(file, type);
      const entry = { name: file.name, file, type, alt, phase: why ? "stopped" : "queued", problem: why && { message: why } };
      if (!why && !UNSEEN.test(type)) entry.preview = URL.createObjectURL(file);
      if (why) this.say(`${file.name} was not sent: ${why}`);
      this.entries.push(entry);
    }
    this.pump();
  }

  /** Uploads the same file again: to the same image while that waits for it, else to a new one. */
  async again(entry) {
    if (entry.image?.status === "failed" && !(await this.#forget(entry))) return;
    Object.assign(entry, { phase: "queued", problem: null });
    this.pump();
  }

  /** Takes an entry away, wherever it is. */
  async remove(entry) {
    const running = entry.phase === "uploading";
    entry.control?.abort();
    // One that is being registered is deleted once its id is known, by who waits for that.
    if (!running && !(await this.#forget(entry))) return;
    unpreview(entry);
    this.entries = this.entries.filter((other) => other !== entry);
    this.onchange();
  }

  /** Takes over what the API says; `asked` are the entries that it must know. */
  merge(images, asked = []) {
    const news = [];
    for (const image of images) {
      const entry = this.entries.find((other) => other.image?.id === image.id);
      if (!entry) {
        // While one is being registered, it may be this.
        if (image.status !== "pending" || !this.running) this.entries.push({ name: image.filename, image, phase: "sent" });
        continue;
      }
      // The same as before keeps its object: its URLs would be new ones, and load the picture anew.
      if (entry.image.status === image.status && entry.image.analysed_at === image.analysed_at) continue;
      Object.assign(entry, { image, phase: "sent", problem: null });
      if (image.status === "processing") continue;
      unpreview(entry);
      const labels = surest(image.labels);
      if (image.status === "ready") news.push(`${entry.name} is ready${labels && `: ${labels}`}`);
      else news.push(image.status === "rejected" ? `${entry.name} was rejected` : `${entry.name} failed`);
    }
    const ids = new Set(images.map(({ id }) => id));
    const gone = (entry) => entry.phase === "sent" && asked.includes(entry) && !ids.has(entry.image.id);
    this.entries = this.entries.filter((entry) => !gone(entry));
    if (news.length) this.say(news.join(". "));
  }

  /** Begins as many as may be under way, once there is an article. */
  pump() {
    for (const entry of this.entries) {
      if (entry.phase === "queued" && this.path && this.running < AT_ONCE) this.#send(entry);
    }
    this.onchange();
  }

  async #send(entry) {
    Object.assign(entry, { phase: "uploading", sent: 0, control: new AbortController() });
    this.running++;
    try {
      await this.#transfer(entry);
      entry.phase = "sent";
    } catch (problem) {
      Object.assign(entry, { phase: "stopped", problem });
    }
    this.running--;
    if (entry.control.signal.aborted) this.#forget(entry);
    else if (entry.problem) this.say(`${entry.name} failed: ${entry.problem.message}`);
    this.pump();
  }

  async #transfer(entry, twice = true) {
    const { file, type, alt, control } = entry;
    entry.key ??= crypto.randomUUID();
    const body = { filename: file.name, content_type: type, size: file.size, alt };
    const { body: registered } = await this.api.call("POST", this.path, { body, headers: { "Idempotency-Key": entry.key } });
    entry.image = registered.image;
    try {
      await post(registered.upload, file, control.signal, (sent) => {
        if (sent === entry.sent) return;
        entry.sent = sent;
        this.onchange();
      });
    } catch (problem) {
      // The policy's time can have run out before the upload began. Only another image gets another one.
      if (problem.code !== "AccessDenied" || !twice || !(await this.#forget(entry))) throw problem;
      await this.#transfer(entry, false);
    }
  }

  /** Deletes the image of an entry. Gives whether it is gone; if not, the entry says why. */
  async #forget(entry) {
    try {
      if (entry.image) await this.api.call("DELETE", `${this.path}/${entry.image.id}`);
    } catch (problem) {
      if (problem.status !== 404) {
        entry.complaint = problem.message;
        this.onchange();
        return false;
      }
    }
    Object.assign(entry, { image: null, key: null });
    return true;
  }
}

/** Whether the service still has something to say about it. */
export function unfinished({ phase, image }) {
  return phase !== "uploading" && /pending|processing/.test(image?.status);
}

function typeOf({ name, type }) {
  const format = type.startsWith("image/") ? type.slice(6) : name.split(".").pop().toLowerCase();
  return `image/${{ jpg: "jpeg", tif: "tiff" }[format] ?? format}`;
}

function refusal({ size }, type) {
  if (!FORMATS.includes(type.slice(6))) return "it is no JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP.";
  if (size > LARGEST) return `it has ${(size / 2 ** 20).toFixed(1)} MB, and 25 MB is the most.`;
  return size ? null : "it is empty.";
}

function unpreview(entry) {
  URL.revokeObjectURL(entry.preview);
  entry.preview = null;
}

/** Posts a file by a policy. `progress` hears percents; the last one is S3's answer, which is waited for. */
function post({ url, fields }, file, signal, progress) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", file);
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => progress(Math.min(99, Math.floor((100 * loaded) / total)));
    request.onload = () => (request.status < 300 ? resolve(progress(100)) : reject(refused(request)));
    request.onabort = reject;
    request.onerror = () => reject(new Problem({ detail: "The connection was lost, or the file was changed meanwhile." }));
    request.open("POST", url);
    signal.addEventListener("abort", () => request.abort());
    if (signal.aborted) reject();
    else request.send(form);
  });
}

/** What S3 says in its XML, as a problem with its code. */
function refused({ status, responseXML }) {
  const [code, message] = ["Code", "Message"].map((name) => responseXML?.querySelector(name)?.textContent);
  const known = { AccessDenied: "The time to upload it ran out.", EntityTooLarge: "The file was changed: it is larger now." };
  return Object.assign(new Problem({ status, detail: known[code] ?? message }), { code });
}
