// The top of every view: where one can go, and who is signed in.
import { html, nothing } from "../vendor/lit-html.js";

export function header(session) {
  const here = location.hash || "#/";
  const link = (hash, text) => html`<a href=${hash} aria-current=${here === hash ? "page" : nothing}>${text}</a>`;
  return html`
    <a class="name" href="#/">Gazette</a>
    <nav aria-label="Main">
      ${link("#/", "Newest")} ${link("#/labels", "Labels")} ${session.user ? html`${link("#/mine", "Mine")} ${link("#/new", "Write")}` : nothing}
    </nav>
    <div class="who">
      ${
        session.user
          ? html`<span dir="auto">${session.user.name}</span> <button @click=${() => session.signOut()}>Sign out</button>`
          : html`<button @click=${() => session.signIn()}>Sign in</button>`
      }
    </div>
    ${session.notice ? html`<p role="alert">${session.notice}</p>` : nothing}
  `;
}
