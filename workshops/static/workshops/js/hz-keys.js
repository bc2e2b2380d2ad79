const OFF = "hz:keys:off";
const NAMES = { " ": "space", "＋": "+", "；": "+", ";": "+", "=": "+", "－": "-", "？": "?" };

/** What can be typed into, or answers to the space bar by itself. */
function isTaken(element, key) {
  if (element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) {
    return true;
  }
  return key === "space" && element.closest("button, a, summary, input") !== null;
}

/**
 * <hz-keys>: the console's shortcuts; each one presses the button that carries it in data-key.
 * They sleep in fields, while composing and under a dialog, and can be switched off.
 */
class Keys extends HTMLElement {
  #isReady = false;
  #press = (event) => {
    if (event.isComposing || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = NAMES[event.key] ?? event.key.toLowerCase();
    if (isTaken(event.target, key) || document.querySelector("dialog[open]")) return;
    if (this.#off && key !== "?") return;
    const button = document.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
    if (!button) return;
    event.preventDefault();
    button.click();
  };

  connectedCallback() {
    document.addEventListener("keydown", this.#press);
    if (this.#isReady) return;
    this.#isReady = true;
    const dialog = this.querySelector("dialog");
    this.querySelector('[data-key="?"]')?.addEventListener("click", () => dialog?.showModal());
    const box = this.querySelector("[data-keys-on]");
    if (!box) return;
    box.checked = !this.#off;
    box.addEventListener("change", () => {
      try {
        if (box.checked) localStorage.removeItem(OFF);
        else localStorage.setItem(OFF, "1");
      } catch {
        box.checked = true;
      }
    });
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#press);
  }

  get #off() {
    try {
      return localStorage.getItem(OFF) !== null;
    } catch {
      return false;
    }
  }
}

customElements.define("hz-keys", Keys);
