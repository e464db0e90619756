// Calls of the HTTP API, and nothing else: what openapi.json says.

/** An answer that is a problem (RFC 9457), or none that came. `message` is its detail. */
export class Problem extends Error {
  constructor({ status = 0, title = "No answer", detail = "The service did not answer. Check your connection and try again.", errors = [] }) {
    super(detail);
    Object.assign(this, { status, title, errors });
  }
}

export class Api {
  /** Takes where the API is, with no slash at the end, and who calls it. */
  constructor(url, session) {
    this.url = url;
    this.session = session;
  }

  /** Gives {body, etag} of a call; throws a Problem. A token that ran out is renewed once. */
  async call(method, path, { body, headers = {}, signal } = {}) {
    const send = async () => {
      const token = await this.session.token();
      const all = { ...headers };
      if (body !== undefined) all["Content-Type"] = "application/json";
      if (token) all.Authorization = `Bearer ${token}`;
      return fetch(this.url + path, { method, headers: all, body: body && JSON.stringify(body), signal, cache: "no-cache" });
    };
    let answer;
    try {
      answer = await send();
      if (answer.status === 401 && (await this.session.renew())) answer = await send();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem({});
    }
    const content = answer.status === 204 ? null : await answer.json().catch(() => null);
    if (!answer.ok) throw new Problem(content ?? { status: answer.status, title: answer.statusText });
    return { body: content, etag: answer.headers.get("ETag") };
  }

  /** GETs a path with parameters; those that are empty stay out. */
  get(path, { params = {}, signal } = {}) {
    const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value));
    return this.call("GET", path + (query.size ? `?${query}` : ""), { signal });
  }
}
