// Pictures on their way: registered with the API, then posted to S3, three at once. They go on while the person looks at
// another view, and are found again by who comes back.
import { Problem } from "./api.js";
import { surest } from "./picture.js";

const AT_ONCE = 3;
const LARGEST = 26_214_400; // bytes, as openapi.json has it
const FORMATS = ["jpeg", "png", "webp", "gif", "heic", "heif", "avif", "tiff", "bmp"];
const UNSEEN = /hei[cf]|tiff/; // browsers don't show these

export const ACCEPT = `${FORMATS.map((format) => `image/${format},.${format}`)},.jpg,.tif`;

const known = new Map(); // Uploads by person and article
addEventListener("beforeunload", (event) => [...known.values()].some(({ running }) => running) && event.preventDefault());

/**
 * The pictures of an article. An entry has a name, a phase (queued, uploading, sent, stopped) and, as far as it got, an
 * `image` of the API, `sent` in percent, a `preview`, a `problem`.
 */
export class Uploads {
  entries = [];
  running = 0;
  #deleted = new Set(); // ids that an answer on its way may still have
  onchange = () => {};
  say = () => {};

  constructor(api) {
    this.api = api;
  }

  /** Gives those of an article that are not through; else `fresh`, which may begin now. */
  static of(key, { id, images }, fresh) {
    const found = known.get(key)?.entries.some(({ phase }) => phase !== "sent") ? known.get(key) : fresh;
    if (found !== fresh) found.entries.push(...fresh.entries);
    known.set(key, found);
    found.path = `/articles/${id}/images`;
    found.merge(images);
    return found;
  }

  add(files, alt) {
    for (const file of files) {
      const type = typeOf(file);
      const refused = refusal(file, type);
      const entry = { name: file.name, file, type, alt, phase: "queued" };
      if (refused) Object.assign(entry, { phase: "stopped", problem: { message: refused } });
      else if (!UNSEEN.test(type)) entry.preview = URL.createObjectURL(file);
      this.entries.push(entry);
    }
    this.pump();
  }

  /** Uploads a file again: to the same image while that waits for it, else to a new one. */
  async again(entry) {
    if (entry.image?.status === "failed" && !(await this.#forget(entry))) return;
    Object.assign(entry, { phase: "queued", problem: null });
    this.pump();
  }

  /** Takes an entry away, wherever it is. */
  async remove(entry) {
    const { phase, control } = entry;
    control?.abort();
    // What is just being registered is deleted by who waits for its id.
    if (phase !== "uploading" && !(await this.#forget(entry))) return;
    unpreview(entry);
    this.entries = this.entries.filter((other) => other !== entry);
    this.onchange();
  }

  /** Takes over what the API says, with `urls` new addresses, too, and tells what is new. What it no longer knows of `there` goes. */
  merge(images, { urls = false, there = [] } = {}) {
    const news = [];
    const gone = there.filter(({ phase, image }) => phase === "sent" && !this.#deleted.has(image?.id) && !images.some(({ id }) => id === image?.id));
    gone.forEach(unpreview);
    this.entries = this.entries.filter((entry) => !gone.includes(entry));
    for (const image of images) {
      const { id, status, filename } = image;
      if (this.#deleted.has(id)) continue;
      const entry = this.entries.find((other) => other.image?.id === id);
      // While one is being registered, an unknown one may be that.
      if (!entry && !(this.running && status === "pending")) this.entries.push({ name: filename, alt: image.alt, image, phase: "sent" });
      if (!entry) continue;
      // One that is as it was keeps its addresses: others would load the picture anew.
      if (urls) entry.image.urls = image.urls;
      if (entry.image.status === status && entry.image.analysed_at === image.analysed_at) continue;
      Object.assign(entry, { image, phase: "sent", problem: null });
      if (status === "processing") continue;
      unpreview(entry);
      const labels = surest(image.labels);
      if (status === "ready") news.push(`${filename} is ready${labels && `: ${labels}`}`);
      else news.push(`${filename} ${status === "rejected" ? "was rejected" : "failed"}`);
    }
    if (news.length) this.say(news.join(". "));
    this.pump();
  }

  /** Begins as many as may be under way, once there is an article. */
  pump() {
    for (const entry of this.entries) {
      if (entry.phase === "queued" && this.path && this.running < AT_ONCE) this.#send(entry);
    }
    this.onchange();
  }

  async #send(entry) {
    const control = new AbortController();
    Object.assign(entry, { phase: "uploading", sent: 0, control });
    this.running++;
    try {
      await this.#transfer(entry);
      entry.phase = "sent";
    } catch (problem) {
      Object.assign(entry, { phase: "stopped", problem });
    }
    this.running--;
    if (control.signal.aborted) this.#forget(entry);
    else if (entry.problem) this.say(`${entry.name} failed`);
    this.pump();
  }

  async #transfer(entry, twice = true) {
    const { file, type, alt, control } = entry;
    entry.key ??= crypto.randomUUID();
    const body = { filename: file.name, content_type: type, size: file.size, alt };
    const { body: registered } = await this.api.call("POST", this.path, { body, headers: { "Idempotency-Key": entry.key } });
    const { image } = registered;
    // After a lost answer it may be there already.
    this.entries = this.entries.filter((other) => other === entry || other.image?.id !== image.id);
    entry.image = image;
    control.signal.throwIfAborted();
    try {
      await post(registered.upload, file, control.signal, (sent) => {
        if (sent === entry.sent) return;
        entry.sent = sent;
        this.onchange();
      });
    } catch (problem) {
      // The policy may have run out before the upload began. Only another image gets another one.
      if (problem.code !== "AccessDenied" || !twice || !(await this.#forget(entry))) throw problem;
      await this.#transfer(entry, false);
    }
  }

  /** Deletes an entry's image. Gives whether it is gone; if not, the entry says why. */
  async #forget(entry) {
    const id = entry.image?.id;
    if (this.#deleted.has(id)) return false; // by a click before
    if (id) this.#deleted.add(id);
    try {
      if (id) await this.api.call("DELETE", `${this.path}/${id}`);
    } catch (problem) {
      if (problem.status !== 404) {
        this.#deleted.delete(id);
        entry.complaint = problem.message;
        this.onchange();
        return false;
      }
    }
    Object.assign(entry, { image: null, key: null, complaint: null });
    return true;
  }
}

function typeOf({ name, type }) {
  const format = type.startsWith("image/") ? type.slice(6) : name.split(".").pop().toLowerCase();
  return `image/${{ jpg: "jpeg", tif: "tiff" }[format] ?? format}`;
}

function refusal({ size }, type) {
  if (!FORMATS.includes(type.slice(6))) return "It is no JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP.";
  if (size > LARGEST) return "It is larger than 25 MB.";
  return size ? null : "It is empty.";
}

function unpreview(entry) {
  if (entry.preview) URL.revokeObjectURL(entry.preview);
  entry.preview = null;
}

/** Posts a file by a policy. `progress` hears percents; the last one is S3's answer. */
function post({ url, fields }, file, signal, progress) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", file);
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => progress(Math.min(99, Math.floor((100 * loaded) / total)));
    request.onload = () => (request.status < 300 ? resolve(progress(100)) : reject(refused(request)));
    request.onabort = reject;
    request.onerror = () => reject(new Problem({ detail: "The connection was lost, or the file has changed." }));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", url);
    request.send(form);
  });
}

/** What S3 says in its XML, as a problem with its code. */
function refused({ status, responseXML }) {
  const [code, message] = ["Code", "Message"].map((name) => responseXML?.querySelector(name)?.textContent);
  const told = { AccessDenied: "The time to upload it ran out.", EntityTooLarge: "The file has changed: it is larger now." };
  return Object.assign(new Problem({ status, detail: told[code] ?? message }), { code });
}
