import { hear, now } from "./clock.js";

/** <hz-undo until>: a move that everybody saw can be taken back while the seconds run. */
class Undo extends HTMLElement {
  static observedAttributes = ["until", "now"];
  #tick;

  connectedCallback() {
    this.#tick = setInterval(() => this.#show(), 250);
    this.#show();
  }

  disconnectedCallback() {
    clearInterval(this.#tick);
  }

  attributeChangedCallback(name, _, value) {
    if (name === "now" && value) hear(value);
    if (this.isConnected) this.#show();
  }

  #show() {
    const left = Math.ceil((Date.parse(this.getAttribute("until") ?? "") - now()) / 1000);
    this.hidden = !(left > 0);
    const place = this.querySelector("[data-left]");
    if (place && left > 0 && place.textContent !== String(left)) place.textContent = String(left);
  }
}

customElements.define("hz-undo", Undo);
