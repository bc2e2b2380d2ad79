import { hear } from "./clock.js";
import { apply } from "./post.js";

/**
 * <hz-stream src last>: the page's one live connection.
 * Each event is HTML for named places; a silence is a lost connection, and what was missed comes
 * after the next one, because the last number seen is asked for again.
 */
class Stream extends HTMLElement {
  #source = null;
  #last = "";
  #heard = 0;
  #tries = 0;
  #watchdog;
  #retry;
  #queue = Promise.resolve();
  #wake = () => {
    if (!document.hidden && !this.#alive()) this.#reconnect(0);
  };
  #leave = () => this.#source?.close();

  connectedCallback() {
    this.#last ||= this.getAttribute("last") ?? "";
    this.hidden = true;
    this.#open();
    this.#watchdog = setInterval(() => {
      if (this.#source && !this.#alive()) this.#lost();
    }, 1000);
    document.addEventListener("visibilitychange", this.#wake);
    addEventListener("online", this.#wake);
    addEventListener("pageshow", this.#wake);
    addEventListener("pagehide", this.#leave);
  }

  disconnectedCallback() {
    clearInterval(this.#watchdog);
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
    document.removeEventListener("visibilitychange", this.#wake);
    removeEventListener("online", this.#wake);
    removeEventListener("pageshow", this.#wake);
    removeEventListener("pagehide", this.#leave);
  }

  #alive() {
    const patience = Number(this.getAttribute("patience")) || 10;
    const open = this.#source && this.#source.readyState !== EventSource.CLOSED;
    return open && Date.now() - this.#heard < patience * 1000;
  }

  #open() {
    const url = new URL(this.getAttribute("src"), location.href);
    if (this.#last) url.searchParams.set("last", this.#last);
    const source = new EventSource(url);
    this.#source = source;
    this.#heard = Date.now();
    source.onopen = () => this.#connected();
    source.onerror = () => this.#lost();
    source.onmessage = (event) => this.#change(event);
    source.addEventListener("change", (event) => this.#change(event));
    source.addEventListener("heartbeat", (event) => {
      this.#connected();
      hear(event.data);
    });
    source.addEventListener("reload", () => location.reload());
    source.addEventListener("close", () => {
      this.disconnectedCallback();
      this.#say("closed", "");
    });
  }

  #change(event) {
    this.#connected();
    if (event.lastEventId) this.#last = event.lastEventId;
    this.#queue = this.#queue
      .then(() => apply(event.data, { source: this }))
      .catch((error) => console.error("hz-stream", error));
  }

  #connected() {
    this.#heard = Date.now();
    this.#tries = 0;
    if (this.dataset.state === "connected") return;
    this.#say("connected", this.dataset.connected);
    document.dispatchEvent(new Event("hz:connected"));
  }

  #lost() {
    this.#say("lost", this.dataset.reconnecting);
    document.dispatchEvent(new Event("hz:lost"));
    this.#reconnect(Math.min(500 * 2 ** this.#tries++, 8000) * (0.75 + Math.random() / 2));
  }

  #reconnect(wait) {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), wait);
  }

  #say(state, text) {
    this.dataset.state = state;
    const place = document.getElementById("connection");
    if (!place) return;
    place.dataset.state = state;
    if (text !== undefined && place.textContent !== text) place.textContent = text;
  }
}

customElements.define("hz-stream", Stream);
