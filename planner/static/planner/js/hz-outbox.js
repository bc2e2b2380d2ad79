import { flush, put, waiting } from "./outbox.js";
import { fields, newOp } from "./post.js";

/**
 * <hz-outbox> around forms: votes and answers that survive a lost connection.
 * A submit is one write with one id, kept here until the server has it; sent again, it counts once.
 */
class Outbox extends HTMLElement {
  #said = ["", ""];
  #watch = new MutationObserver(() => this.#say(...this.#said));
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
  }

  #owns(url) {
    const buttons = [...this.querySelectorAll("[formaction]")];
    return (
      [...this.querySelectorAll("form")].some((form) => this.#address(form) === url) ||
      buttons.some((button) => this.#address(button.form, button) === url)
    );
  }

  #address(form, submitter) {
    const action = submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
    const url = new URL(action, location.href);
    return url.pathname + url.search;
  }

  #change = (event) => {
    if (event.target.form?.hasAttribute("data-auto")) event.target.form.requestSubmit();
  };

  #submit = (event) => {
    event.preventDefault();
    const { target: form, submitter } = event;
    const body = fields(form, submitter);
    // An op printed in the form makes a double submit one write, also without JavaScript.
    const op = body.get("op") || newOp();
    body.set("op", op);
    put({
      op,
      url: this.#address(form, submitter),
      body: body.toString(),
      target: form.dataset.target ?? "",
      swap: form.dataset.swap ?? "outerMorph",
    });
  };

  #say(state, text) {
    this.#said = [state, text];
    if (!state) return;
    if (this.dataset.state !== state) this.dataset.state = state;
    const place = this.querySelector("[data-status]");
    if (place && place.textContent !== (text ?? "")) place.textContent = text ?? "";
  }
}

customElements.define("hz-outbox", Outbox);
addEventListener("online", flush);
document.addEventListener("hz:connected", flush);
if (waiting().length) flush();
