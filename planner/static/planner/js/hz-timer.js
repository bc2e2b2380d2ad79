import { hear, now } from "./clock.js";

const ALERTS = [300, 60, 0];
let voice;

/** Say something politely to people who do not see the clock. */
function say(text) {
  if (!text) return;
  voice ??= Object.assign(document.createElement("div"), { className: "visually-hidden" });
  voice.setAttribute("aria-live", "polite");
  if (!voice.isConnected) document.body.append(voice);
  voice.textContent = text;
}

/** Seconds as a clock: 8:42 is "08:42", past the end "+1:30". */
function clock(seconds) {
  const size = Math.abs(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  if (seconds < 0) return `+${Math.floor(size / 60)}:${two(rest)}`;
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
}

/**
 * <hz-timer ends-at|paused-left now total>: the time left, by the server's clock.
 * It shows; it decides nothing: at zero it counts on, and the room goes on.
 */
class Timer extends HTMLElement {
  static observedAttributes = ["ends-at", "paused-left", "now"];
  #tick;
  #last = null;
  // A morph writes the server's text back; a mutation observer answers before anything is painted.
  #watch = new MutationObserver(() => this.#show());

  connectedCallback() {
    if (!this.hasAttribute("role")) this.setAttribute("role", "timer");
    this.setAttribute("aria-live", "off");
    this.#watch.observe(this, { childList: true, characterData: true, subtree: true });
    this.#tick = setInterval(() => this.#show(), 250);
    this.#show();
  }

  disconnectedCallback() {
    clearInterval(this.#tick);
    this.#watch.disconnect();
  }

  attributeChangedCallback(name, _, value) {
    if (name === "now" && value) hear(value);
    if (this.isConnected) this.#show();
  }

  #left() {
    if (this.hasAttribute("paused-left")) return Math.round(Number(this.getAttribute("paused-left")));
    const end = Date.parse(this.getAttribute("ends-at") ?? "");
    return Number.isNaN(end) ? null : Math.ceil((end - now()) / 1000);
  }

  #show() {
    const left = this.#left();
    if (left === null) return;
    const text = clock(left);
    if (this.textContent !== text) this.textContent = text;
    const total = Number(this.getAttribute("total")) || 0;
    const paused = this.hasAttribute("paused-left");
    let state = paused ? "paused" : "running";
    if (left <= Math.max(60, total / 5)) state = "warn";
    if (left < 0) state = "over";
    if (this.dataset.state !== state) this.dataset.state = state;
    if (!paused && this.#last !== null) this.#announce(this.#last, left);
    this.#last = left;
  }

  #announce(before, left) {
    const alert = ALERTS.find((at) => before > at && left <= at && at - left < 5);
    if (alert === undefined) return;
    if (alert === 0) say(this.dataset.over);
    else if (alert === 60) say(this.dataset.minute);
    else say(this.dataset.minutes?.replace("{n}", String(alert / 60)));
  }
}

customElements.define("hz-timer", Timer);
