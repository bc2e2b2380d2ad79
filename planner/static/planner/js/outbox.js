// Small writes on their way, in order, on this device until the server has answered each.
import { apply, pause, send, who } from "./post.js";

const key = () => `hz:outbox:${who()}`;
let memory = []; // where the browser lets us store nothing
let running = false;
let tries = 0;
let timer;

export function waiting() {
  try {
    return JSON.parse(localStorage.getItem(key()) ?? "[]");
  } catch {
    return memory;
  }
}

function keep(items) {
  memory = items;
  try {
    localStorage.setItem(key(), JSON.stringify(items));
  } catch {
    // Private windows: the queue lives as long as the page.
  }
}

const tell = (op, url, state, why = "") =>
  document.dispatchEvent(new CustomEvent("hz:outbox", { detail: { op, url, state, why } }));

/** The sentence in a refusal; what the person wrote stays where it is, so nothing is swapped for it. */
function sentence(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const partial of body.querySelectorAll("hx-partial")) partial.remove();
  return body.textContent.trim();
}

/** Queue one write; a repeated op is one write. */
export function put(item) {
  const items = waiting();
  if (!items.some(({ op }) => op === item.op)) keep([...items, item]);
  tell(item.op, item.url, "sending");
  flush();
}

/** Send what waits, one by one; one tab at a time, where the browser can arrange that. */
export function flush() {
  clearTimeout(timer);
  if (running) return;
  running = true;
  const work = navigator.locks ? navigator.locks.request(key(), drain) : drain();
  work.finally(() => (running = false));
}

async function drain() {
  for (let [item] = waiting(); item; [item] = waiting()) {
    const answer = await send(item.url, item.body);
    if (answer.verdict === "later") {
      tell(item.op, item.url, "waiting");
      timer = setTimeout(flush, pause(tries++));
      return;
    }
    tries = 0;
    keep(waiting().filter(({ op }) => op !== item.op));
    const isSent = answer.verdict === "ok";
    tell(item.op, item.url, isSent ? "sent" : "refused", isSent ? "" : sentence(answer.html));
    if (answer.elsewhere) {
      location.assign(answer.elsewhere);
      return;
    }
    const target = isSent && item.target ? document.querySelector(item.target) : null;
    await apply(answer.html, { target, swap: item.swap }).catch((error) => console.error(error));
  }
}
