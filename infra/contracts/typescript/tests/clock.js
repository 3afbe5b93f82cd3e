// A clock for the tests: the client's pauses take no time, and the clock goes on by them.

const real = {
  setTimeout: globalThis.setTimeout,
  date: Date.now.bind(Date),
  performance: performance.now.bind(performance),
};

/** `stands`: the client's pauses last as long as they say. */
export const clock = { stands: false };

let passed = 0;
Date.now = () => real.date() + passed;
performance.now = () => real.performance() + passed;

/** The times after which a request is given up, in milliseconds, which are no pauses. */
const TIMEOUTS = new Set([200, 10_000]);

globalThis.setTimeout = (callback, milliseconds = 0, ...rest) => {
  // Node's own `fetch` has timers too.
  const isPause = new Error().stack?.includes("/client.js:") && !TIMEOUTS.has(milliseconds);
  if (!isPause || clock.stands) return real.setTimeout(callback, milliseconds, ...rest);
  return real.setTimeout(() => {
    passed += milliseconds;
    callback(...rest);
  }, 1);
};

/** Waits in real time. */
export const rest = (milliseconds) => new Promise((resolve) => real.setTimeout(resolve, milliseconds));

/** Waits in real time until something is so. */
export async function until(condition, seconds = 10) {
  const end = real.date() + 1000 * seconds;
  while (!condition()) {
    if (real.date() > end) throw new Error(`it does not come about: ${condition}`);
    await rest(2);
  }
}

/** The instant `seconds` from now, as the documents write it. */
export const inSeconds = (seconds) => new Date(Date.now() + 1000 * seconds).toISOString();
