// Sending a small write so that it arrives once, and putting the answer where it belongs.
import htmx from "../vendor/htmx.js";

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/** Whose device storage this is: a shared tablet must not send one person's words as another's. */
export const who = () => meta("who");

/** A fresh operation id. `crypto.randomUUID` is missing on plain http, which a venue may use. */
export function newOp() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A form's fields, with the button that was pressed, without the token (it may change meanwhile). */
export function fields(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  body.delete("csrfmiddlewaretoken");
  return body;
}

// The cookie is newer than the page when somebody signed in again in another tab.
const token = () =>
  document.cookie.match(/(?:^|;\s*)(?:__Host-)?csrftoken=([^;]+)/)?.[1] ?? meta("csrf-token");

/**
 * Post once and judge the answer: "ok", "refused" (asking again would not help) or "later".
 * A redirect to the sign-in page is "later": nothing was written, and nothing may be lost.
 */
export async function send(url, body) {
  const text = body.toString();
  try {
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(text),
      keepalive: text.length < 60000, // browsers let this much outlive a closing page
      headers: { "X-CSRFToken": token(), "HX-Request": "true" },
      signal: AbortSignal.timeout(12000),
    });
    const html = await response.text();
    const signIn = meta("sign-in");
    const elsewhere = response.redirected ? new URL(response.url).pathname : "";
    let verdict = "refused";
    if (response.ok) verdict = signIn && elsewhere === signIn ? "later" : "ok";
    else if (response.status >= 500 || [401, 408, 429].includes(response.status)) verdict = "later";
    return {
      verdict,
      status: response.status,
      html: /^\s*<(!doctype|html)/i.test(html) ? "" : html,
      revision: response.headers.get("X-Revision"),
      elsewhere: verdict === "ok" ? elsewhere : "",
    };
  } catch {
    return { verdict: "later", status: 0, html: "", revision: null, elsewhere: "" };
  }
}

/** Put an answer into the page: every <hx-partial> to its place, the rest to `target`. */
export function apply(html, { source = document.body, target = null, swap = "none" } = {}) {
  if (!html.trim()) return Promise.resolve();
  return htmx.swap({
    text: html,
    sourceElement: source,
    target: target ?? source,
    swap: target ? swap : "none",
  });
}

/** Waiting times between tries: 1 s, 2 s, 4 s … 15 s, spread so that a room does not knock at once. */
export const pause = (tries) => Math.min(1000 * 2 ** tries, 15000) * (0.75 + Math.random() / 2);
