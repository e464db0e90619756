// What stands where there is nothing to show: no such address, or not without signing in.
import { html } from "../vendor/lit-html.js";

export function missing(context) {
  context.title("Not found");
  return () => html`<h1>Not found</h1><p role="alert">There is nothing at this address.</p><p><a href="#/">Newest articles</a></p>`;
}

/** A view that asks a stranger to sign in first; signing in comes back to the same address. */
export function signInFirst(context, heading) {
  context.title(heading);
  return () => html`<h1>${heading}</h1><p>Sign in to go on. You come back to this place.</p>
    <p><button class="primary" @click=${() => context.session.signIn()}>Sign in to go on</button></p>`;
}
