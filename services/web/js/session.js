// Who is signed in: OAuth 2 on the user pool's own page (authorization code with PKCE). The tokens live in this tab alone.

const TOKENS = "gazette.tokens";
const ASKED = "gazette.sign_in";
const EARLY = 60_000; // ms before a token runs out in which it is renewed: clocks differ, and calls take a while
const HOME = `${location.origin}/`; // where the sign-in page may send people back to: exactly this, as the pool knows it

export class Session {
  /** {id, name, editor} or null. */
  user = null;
  /** What went wrong with signing in, for people. */
  notice = "";
  /** Called when somebody is signed out whose token can't be renewed. */
  onchange = () => {};
  #tokens = null;
  #renewal = null;
  #over = false; // signed out: what is still on its way is not kept

  constructor({ sign_in_url, client_id }) {
    this.url = sign_in_url;
    this.client = client_id;
  }

  /** Goes on with what this tab knows, or ends a sign-in that comes back just now. */
  async resume() {
    let asked;
    try {
      asked = JSON.parse(sessionStorage.getItem(ASKED));
      this.#keep(JSON.parse(sessionStorage.getItem(TOKENS)));
    } catch {
      // Without storage, or with something else in it, one is a reader.
    }
    const query = new URLSearchParams(location.search);
    if (!query.has("code") && !query.has("error")) return;
    history.replaceState(null, "", location.pathname + (asked?.hash ?? ""));
    try {
      sessionStorage.removeItem(ASKED);
      // Who was sent here by another page than ours must not be signed in as somebody else.
      if (!asked?.state || asked.state !== query.get("state")) throw new Error("it was not begun in this tab. Try again.");
      if (query.has("error")) throw new Error(query.get("error_description") ?? query.get("error"));
      const fields = { grant_type: "authorization_code", code: query.get("code"), redirect_uri: HOME, code_verifier: asked.verifier };
      this.#keep(await this.#ask(fields));
    } catch (error) {
      this.notice = `Signing in did not work: ${error.message}`;
    }
  }

  /** An ID token that is good for a while yet, or null for a reader. */
  async token() {
    if (this.#tokens && Date.now() > this.#tokens.until) await this.renew();
    return this.#tokens?.id_token ?? null;
  }

  /** Gets a new token; gives whether there is one. Calls that need it at once wait for the same. */
  renew() {
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #renew() {
    if (!this.#tokens) return false;
    const { refresh_token } = this.#tokens;
    try {
      this.#keep({ refresh_token, ...(await this.#ask({ grant_type: "refresh_token", refresh_token })) });
      return true;
    } catch (error) {
      if (!error.refused) return false; // no network: the next call tries again
      this.#keep(null);
      this.notice = "You were signed out after a while. Sign in to go on.";
      this.onchange();
      return false;
    }
  }

  async signIn() {
    if (!isSecureContext) {
      this.notice = "Signing in needs HTTPS.";
      return this.onchange();
    }
    const [verifier, state] = [random(), random()];
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    sessionStorage.setItem(ASKED, JSON.stringify({ verifier, state, hash: location.hash }));
    const query = { response_type: "code", client_id: this.client, redirect_uri: HOME, scope: "openid profile", state };
    this.#leave("authorize", { ...query, code_challenge: base64url(digest), code_challenge_method: "S256" });
  }

  async signOut() {
    const token = this.#tokens?.refresh_token;
    this.#over = true;
    sessionStorage.clear(); // with it what somebody wrote here: the next one at this screen is another
    addEventListener("pageshow", () => location.reload()); // who goes back finds no view that the browser remembers
    const signal = AbortSignal.timeout(2000);
    if (token) await this.#post("revoke", { token }, { signal, keepalive: true }).catch(() => {});
    location.assign(`${this.url}/logout?${new URLSearchParams({ client_id: this.client, logout_uri: HOME })}`);
  }

  #leave(page, query) {
    location.assign(`${this.url}/oauth2/${page}?${new URLSearchParams(query)}`);
  }

  #post(page, fields, options) {
    const body = new URLSearchParams({ client_id: this.client, ...fields });
    return fetch(`${this.url}/oauth2/${page}`, { method: "POST", body, ...options });
  }

  async #ask(fields) {
    const asked = Date.now();
    const answer = await this.#post("token", fields);
    const content = await answer.json().catch(() => ({}));
    if (!answer.ok)
      throw Object.assign(new Error(content.error ?? `status ${answer.status}`), { refused: answer.status < 500 && answer.status !== 429 });
    return { ...content, until: asked + content.expires_in * 1000 - EARLY };
  }

  #keep(tokens) {
    this.user = tokens && owner(tokens.id_token);
    this.#tokens = tokens;
    if (tokens && !this.#over) sessionStorage.setItem(TOKENS, JSON.stringify(tokens));
    else sessionStorage.removeItem(TOKENS);
  }
}

/** Whom a token is of. It is only shown: what somebody may do, the API decides. */
function owner(token) {
  const bytes = Uint8Array.from(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const claims = JSON.parse(new TextDecoder().decode(bytes));
  const name = ["name", "preferred_username", "cognito:username"].map((claim) => claims[claim]).find((one) => one && !one.includes("@"));
  return { id: claims.sub, name: name ?? `author-${claims.sub.slice(0, 8)}`, editor: claims["cognito:groups"]?.includes("editors") ?? false };
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
