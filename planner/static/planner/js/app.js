// What every page loads: htmx and our own elements.
import "../vendor/htmx.js";
import "./hz-autosave.js";
import "./hz-outbox.js";
import "./hz-stream.js";
import "./hz-timer.js";
import "./hz-undo.js";
