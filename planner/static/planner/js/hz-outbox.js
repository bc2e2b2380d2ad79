import { flush, put, waiting } from "./outbox.js";
import { fields, newOp } from "./post.js";

/**
 * <hz-outbox> around forms: votes and answers that survive a lost connection.
 * A submit is one write with one id, kept here until the server has it; sent again, it counts once.
 */
class Outbox extends HTMLElement {
  #said = ["", ""];
  #posted = new Set(); // a form may be gone from the page before its answer is here
  #quiet;
  #note = null; // where the page has no place for our words
  #watch = new MutationObserver(() => this.#show());
  #heard = ({ detail }) => {
    if (this.#owns(detail.url)) this.#say(detail.state, detail.why || this.dataset[detail.state]);
  };

  connectedCallback() {
    this.addEventListener("submit", this.#submit);
    this.addEventListener("change", this.#change);
    document.addEventListener("hz:outbox", this.#heard);
    this.#watch.observe(this, { childList: true, characterData: true, subtree: true });
    if (waiting().some(({ url }) => this.#owns(url))) this.#say("waiting", this.dataset.waiting);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this.#submit);
    this.removeEventListener("change", this.#change);
    document.removeEventListener("hz:outbox", this.#heard);
    this.#watch.disconnect();
    clearTimeout(this.#quiet);
  }

  // A field that saves itself may stand inside; its form and its words are not ours.
  #isOurs = (element) => element.closest("hz-autosave, hz-outbox") === this;

  #owns(url) {
    const forms = [...this.querySelectorAll("form")].filter(this.#isOurs);
    const buttons = [...this.querySelectorAll("[formaction]")].filter(this.#isOurs);
    return (
      this.#posted.has(url) ||
      forms.some((form) => this.#address(form) === url) ||
      buttons.some((button) => this.#address(button.form, button) === url)
    );
  }

  #address(form, submitter) {
    const action = submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
    const url = new URL(action, location.href);
    return url.pathname + url.search;
  }

  #change = (event) => {
    const { form } = event.target;
    if (form?.hasAttribute("data-auto") && form.checkValidity()) form.requestSubmit();
  };

  #submit = (event) => {
    const { target: form, submitter } = event;
    if (!this.#isOurs(form) || form.method === "dialog") return;
    event.preventDefault();
    const body = fields(form, submitter);
    // An op printed in the form makes a double submit one write, also without JavaScript.
    const op = body.get("op") || newOp();
    body.set("op", op);
    const url = this.#address(form, submitter);
    this.#posted.add(url);
    put({
      op,
      url,
      body: body.toString(),
      target: form.dataset.target ?? "",
      swap: form.dataset.swap ?? "outerMorph",
    });
  };

  #say(state, text) {
    this.#said = [state, text ?? ""];
    this.#show();
    clearTimeout(this.#quiet);
    // "Saved" is news for a moment; the next screen must not inherit it.
    if (state === "sent") this.#quiet = setTimeout(() => this.#say("idle", ""), 5000);
  }

  /** Say it where the page has a place for it, and again after that place was drawn anew. */
  #show() {
    const [state, text] = this.#said;
    if (!state) return;
    if (this.dataset.state !== state) this.dataset.state = state;
    const place = [...this.querySelectorAll("[data-status]")].find(this.#isOurs);
    const isBad = ["refused", "waiting"].includes(state) && text !== "";
    if (!place && isBad) this.#float();
    if (this.#note) this.#note.hidden = Boolean(place) || !isBad;
    for (const one of [place, this.#note]) {
      if (one && one.textContent !== text) one.textContent = text;
    }
  }

  #float() {
    this.#note ??= Object.assign(document.createElement("p"), { className: "toast words" });
    this.#note.setAttribute("role", "status");
    if (!this.#note.isConnected) this.append(this.#note);
  }
}

customElements.define("hz-outbox", Outbox);
addEventListener("online", flush);
document.addEventListener("hz:connected", flush);
if (waiting().length) flush();
