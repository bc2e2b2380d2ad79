import { apply, fields, newOp, pause, send, who } from "./post.js";

/** Set a field's text without moving the caret more than needed. */
function fill(control, text) {
  if (control.value === text) return;
  const caret = document.activeElement === control ? control.selectionStart : null;
  control.value = text;
  if (caret !== null) control.setSelectionRange(Math.min(caret, text.length), Math.min(caret, text.length));
}

/**
 * <hz-autosave> around a form with one field: what is written is saved, without a button.
 * "Saved" is said only after the server has answered; until then the words are on this device.
 */
class Autosave extends HTMLElement {
  #dirty = null; // what the person wrote and the server has not confirmed: {body, revision, op}
  #place = ""; // which field this is, in this device's storage
  #known = ""; // the form as the server last had it
  #composing = false;
  #busy = false;
  #torn = false; // two versions are on the table, and the person has not chosen yet
  #tries = 0;
  #timer;
  #said = ["", ""];
  #watch = new MutationObserver(() => this.#reconcile());
  #again = () => this.#flush();
  #hide = () => {
    if (document.hidden) this.#flush();
  };

  connectedCallback() {
    this.#watch.observe(this, { childList: true, attributes: true, characterData: true, subtree: true });
    addEventListener("online", this.#again);
    document.addEventListener("hz:connected", this.#again);
    document.addEventListener("visibilitychange", this.#hide);
    // A morph may take the element out and put it back; what it knows, it keeps.
    if (!this.#place) this.#begin();
  }

  #begin() {
    this.addEventListener("compositionstart", () => (this.#composing = true));
    this.addEventListener("compositionend", () => {
      this.#composing = false;
      this.#wrote();
    });
    this.addEventListener("input", () => this.#wrote());
    this.addEventListener("focusout", () => {
      this.#flush();
      // Only now the focus is at its next place.
      setTimeout(() => this.#hear());
    });
    this.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#flush();
    });
    this.addEventListener("click", (event) => this.#decide(event.target.closest("[data-keep]")));
    this.#settleIn();
  }

  /** Take up a field: what the server has, and what was left here unsent. */
  #settleIn() {
    this.#place = this.#key;
    this.#known = this.#read();
    this.#restore();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#watch.disconnect();
    removeEventListener("online", this.#again);
    document.removeEventListener("hz:connected", this.#again);
    document.removeEventListener("visibilitychange", this.#hide);
  }

  get #form() {
    return this.querySelector("form");
  }

  get #controls() {
    return [...this.#form.elements].filter(
      ({ name, type }) => name && !["hidden", "submit", "button"].includes(type),
    );
  }

  get #url() {
    return new URL(this.#form.getAttribute("action") ?? "", location.href).pathname;
  }

  get #key() {
    return `hz:draft:${who()}:${this.#url}`;
  }

  /** What the form says now, without what belongs to the machinery. */
  #read() {
    const body = fields(this.#form);
    body.delete("revision");
    body.delete("op");
    return body.toString();
  }

  #write(text) {
    const body = new URLSearchParams(text);
    for (const control of this.#controls) {
      if (["radio", "checkbox"].includes(control.type)) {
        control.checked = body.getAll(control.name).includes(control.value);
      } else fill(control, body.get(control.name) ?? "");
    }
  }

  /** What stands in the field is now what the server has. */
  #settle() {
    for (const control of this.#controls) {
      if ("defaultChecked" in control) control.defaultChecked = control.checked;
      for (const option of control.options ?? []) option.defaultSelected = option.selected;
      if (!control.options && control.defaultValue !== control.value) control.defaultValue = control.value;
    }
    this.#known = this.#read();
  }

  /** Show what the server says: somebody else wrote, and nothing of ours is under way. */
  #follow() {
    for (const control of this.#controls) {
      if (["radio", "checkbox"].includes(control.type)) control.checked = control.defaultChecked;
      else if (control.options) {
        for (const option of control.options) option.selected = option.defaultSelected;
      } else fill(control, control.defaultValue);
    }
    this.#known = this.#read();
  }

  #wrote() {
    if (this.#composing) return;
    const body = this.#read();
    if (body === (this.#dirty?.body ?? this.#known)) return;
    // The revision is the one the person was looking at when they began, not one that came since.
    const revision = this.#dirty?.revision ?? this.#form.elements.revision?.value ?? "";
    this.#dirty = { body, revision, op: newOp() };
    this.#remember();
    if (this.#torn) return;
    this.#say("saving", this.dataset.saving);
    this.#later(600);
  }

  #remember() {
    try {
      if (this.#dirty) localStorage.setItem(this.#place, JSON.stringify(this.#dirty));
      else localStorage.removeItem(this.#place);
    } catch {
      // A private window has no room: the words stay in the field, and the tries go on.
    }
  }

  #restore() {
    let draft = null;
    try {
      draft = JSON.parse(localStorage.getItem(this.#place) ?? "null");
    } catch {
      return;
    }
    if (!draft) return;
    this.#dirty = draft;
    this.#write(draft.body);
    this.#say("kept", this.dataset.kept);
    this.#flush();
  }

  #later(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), wait);
  }

  async #flush() {
    clearTimeout(this.#timer);
    if (!this.#dirty || this.#busy || this.#composing || this.#torn) return;
    const [sent, place] = [this.#dirty, this.#place];
    this.#busy = true;
    const body = new URLSearchParams(sent.body);
    body.set("op", sent.op);
    if (sent.revision) body.set("revision", sent.revision);
    const answer = await send(this.#url, body);
    this.#busy = false;
    if (!this.isConnected || place !== this.#place) return;
    if (answer.verdict === "ok") await this.#saved(sent, answer);
    else if (answer.verdict === "later") {
      this.#say("kept", this.dataset.kept);
      this.#later(pause(this.#tries++));
    } else await this.#refused(sent, answer);
  }

  async #saved(sent, answer) {
    this.#tries = 0;
    this.#known = sent.body;
    const revision = this.#form.elements.revision;
    if (revision && answer.revision) revision.value = answer.revision;
    this.#slot("");
    if (this.#dirty.op === sent.op) {
      this.#dirty = null;
      this.#settle();
      this.#say("saved", this.dataset.saved);
    } else {
      this.#dirty.revision = answer.revision ?? this.#dirty.revision;
      this.#later(300);
    }
    this.#remember();
    await apply(answer.html, { source: this });
  }

  async #refused(sent, answer) {
    if (answer.status === 409 && answer.revision) {
      this.#dirty.revision = answer.revision;
      this.#remember();
      this.#torn = true;
      this.#slot(answer.html);
      this.#say("conflict", this.dataset.refused);
      return;
    }
    // The same words would be refused again: wait for the next keystroke.
    this.#slot(answer.html);
    this.#say("refused", this.dataset.refused);
  }

  #slot(html) {
    const slot = this.querySelector("[data-conflict]");
    if (slot && (html || slot.childNodes.length)) slot.innerHTML = html;
  }

  #decide(button) {
    if (!button) return;
    const theirs = this.querySelector("[data-theirs]");
    const { revision } = this.#dirty ?? {};
    this.#torn = false;
    if (button.dataset.keep === "theirs") {
      // `data-body` is the value as a form posts it, for fields whose text is not their value.
      const body = new URLSearchParams([[this.#controls[0].name, theirs?.textContent ?? ""]]);
      this.#write(theirs?.dataset.body ?? body.toString());
      if (this.#form.elements.revision && revision) this.#form.elements.revision.value = revision;
      this.#dirty = null;
      this.#settle();
      this.#remember();
      this.#say("saved", this.dataset.saved);
    } else {
      this.#say("saving", this.dataset.saving);
      this.#later(0);
    }
    this.#slot("");
  }

  /** New HTML came in: unconfirmed words win over it, and what was said stays said. */
  #reconcile() {
    if (!this.#form || this.#composing) return;
    if (this.#place !== this.#key) {
      // A morph made another field of this one; unsent words wait in storage for their own.
      this.#dirty = null;
      this.#torn = false;
      this.#say("idle", "");
      this.#settleIn();
      return;
    }
    if (this.#dirty) this.#write(this.#dirty.body);
    else this.#follow();
    this.#hear();
    this.#say(...this.#said);
  }

  /**
   * Take over what a colleague wrote, once nobody is at this field. Until then the old revision
   * stays too, so that words typed over unseen ones become a conflict and not a loss.
   */
  #hear() {
    const { revision, body, said } = this.querySelector("[data-news]")?.dataset ?? {};
    const own = this.#form?.elements.revision;
    if (!own || !revision || Number(revision) <= Number(own.value)) return;
    if (this.#dirty || this.#busy || this.#composing || this.contains(document.activeElement)) return;
    this.#write(body);
    own.value = revision;
    this.#settle();
    this.#say("idle", said);
  }

  #say(state, text) {
    this.#said = [state, text];
    if (state && this.dataset.state !== state) this.dataset.state = state;
    const place = this.querySelector("[data-status]");
    if (place && state && place.textContent !== (text ?? "")) place.textContent = text ?? "";
  }
}

customElements.define("hz-autosave", Autosave);
