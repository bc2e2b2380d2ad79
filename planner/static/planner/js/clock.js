// The server's clock as seen from this device, for everything that counts down.
// A time stamp is always older than the moment it arrives, so the largest difference is the truest.
const samples = [];

/** Learn from a time the server has just written (ISO 8601). */
export function hear(iso) {
  const stamp = Date.parse(iso);
  if (Number.isNaN(stamp)) return;
  samples.push(stamp - Date.now());
  if (samples.length > 8) samples.shift();
}

/** Now, on the server, in milliseconds. */
export function now() {
  return Date.now() + (samples.length ? Math.max(...samples) : 0);
}
