// Calls of the HTTP API, and nothing else: what openapi.json says.

const TRIES = 3; // of a GET that is told to come again
const PATIENCE = 5; // seconds that are waited for that, at most
const SILENCE = "The service did not answer. Check your connection and try again.";

/** An answer that is a problem (RFC 9457), or none that came. `message` is its detail, `until` the moment to wait for, or 0. */
export class Problem extends Error {
  constructor({ status = 0, title = "No answer", detail = SILENCE, errors = [], after = 0 }) {
    super(detail);
    Object.assign(this, { status, title, errors, until: after && Date.now() + after * 1000 });
  }
}

export class Api {
  /** Takes where the API is, with no slash at the end, and who calls it. */
  constructor(url, session) {
    this.url = url;
    this.session = session;
  }

  /** Gives {body, etag} of a call; throws a Problem, or an AbortError when the signal says so. */
  async call(method, path, { body, headers = {}, signal } = {}) {
    let answer;
    let content;
    let wait;
    for (let tries = 1; ; tries += 1) {
      const token = await this.session.token();
      const all = { ...headers };
      if (body !== undefined) all["Content-Type"] = "application/json";
      if (token) all.Authorization = `Bearer ${token}`;
      try {
        answer = await fetch(this.url + path, { method, headers: all, body: body && JSON.stringify(body), signal, cache: "no-cache" });
        content = answer.status === 204 ? {} : await answer.json().catch(() => null);
      } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Problem({});
      }
      signal?.throwIfAborted();
      // Of a token that ran out even what everybody may read is refused: renewed, or dropped, the call goes through.
      if (answer.status === 401 && token && tries === 1 && ((await this.session.renew()) || (method === "GET" && !this.session.user))) continue;
      wait = Number(answer.headers.get("Retry-After") ?? NaN);
      if (method !== "GET" || tries === TRIES || ![429, 503].includes(answer.status) || !(wait <= PATIENCE)) break;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      signal?.throwIfAborted();
    }
    // A proxy that compresses calls an ETag weak, and If-Match takes none of those.
    if (answer.ok && content) return { body: content, etag: answer.headers.get("ETag")?.replace("W/", "") };
    const { status } = answer;
    const detail = `The service gave an answer that says nothing (${status}). Try again in a moment.`;
    throw new Problem({ title: "That did not work", detail, ...content, status, after: wait || 0 });
  }

  /** GETs a path with parameters; those that are empty stay out. */
  get(path, { params = {}, signal } = {}) {
    const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value));
    return this.call("GET", path + (query.size ? `?${query}` : ""), { signal });
  }
}
