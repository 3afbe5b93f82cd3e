// Reads the public documents as they come and joins them by player. `client.d.ts` describes what is exported. No
// dependencies and no build step: browsers and Node import this file as it stands.

/**
 * @import {
 *   DocumentErrorReason, DocumentName, JoinedGame, JoinedPlayer, Night, Watch, WatchOptions,
 * } from "./client.d.ts"
 * @import { TonightGame } from "./challenge-system.js"
 */

/**
 * What is common to the documents.
 *
 * @typedef {{ next_update_expected?: string | null, poll_id?: string } & Record<string, unknown>} Content
 */

/** The newest object of each document. */
const LATEST = {
  tonight: "all-players",
  live: "latest",
  "live-grading": "latest",
  "live-timeline": "latest",
  status: null,
  dates: null,
};

/** A list that each document has, so that an error page that happens to be JSON is not taken for a document. */
const LISTS = {
  tonight: "games",
  live: "games",
  "live-grading": "predictions",
  "live-timeline": "players",
  status: "known_issues",
  dates: "dates",
};

// The following times are in seconds.

/** The shortest pause between two requests. */
const SHORTEST = 5;
/** The longest pause. A day that is over, and a day that begins in hours, are looked at this often. */
const LONGEST = 300;
/** The longest pause while a document is overdue, after failures, and where nothing has been written yet. */
const PATIENT = 60;
/** The pause where the server does not say for how long a document may be kept. */
const USUAL = 60;
/** An export takes about this long after the instant at which it is expected. */
const EXPORT = 1;
/** A document that is overdue by this much is stale. */
const OVERDUE = 180;
/** So is one about which the server has said nothing for this long. */
const SILENT = 600;
/** The longest pause that a server may ask for. */
const RETRY_AFTER = 3600;

/** A browser keeps the last answer and its ETag itself, and also asks across origins with it. */
const HAS_HTTP_CACHE = "location" in globalThis;

export class DocumentError extends Error {
  /**
   * @param {DocumentErrorReason} reason
   * @param {string} message
   * @param {{ status?: number, retryAfter?: number | undefined, cause?: unknown }} [more]
   */
  constructor(reason, message, { status, retryAfter, cause } = {}) {
    super(message, { cause });
    this.name = "DocumentError";
    this.reason = reason;
    this.status = status ?? null;
    this.retryAfter = retryAfter ?? null;
  }
}

/** @type {typeof import("./client.d.ts").watch} */
export const watch = (name, options) => /** @type {any} */ (new Watcher(name, /** @type {any} */ (options)));

/**
 * Where a document is.
 *
 * @param {DocumentName} name
 * @param {WatchOptions<Content>} options
 */
function addressOf(name, { base, date }) {
  if (!Object.hasOwn(LATEST, name)) {
    throw new TypeError(`name: ${name}, expected one of ${Object.keys(LATEST).join(", ")}`);
  }
  const latest = LATEST[name];
  if (date !== undefined && (latest === null || !/^\d{4}-\d{2}-\d{2}$/.test(date))) {
    throw new TypeError(`date: ${date} of ${name}, expected YYYY-MM-DD of a document of a day`);
  }
  const folder = new URL(base);
  // Without the slash the last part of the base, such as a bucket's name, would be replaced.
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return new URL(latest === null ? `v1/${name}.json` : `v1/${name}/${date ?? latest}.json`, folder).href;
}

/**
 * The instant at which a document was made, in milliseconds.
 *
 * @param {Content} document
 */
const madeAt = (document) => Date.parse(String(document.updated_at ?? document.generated_at));

/**
 * Whether a document is an older version than another.
 *
 * @param {Content} document
 * @param {Content} other
 */
function isOlder(document, other) {
  const [poll, otherPoll] = [document.poll_id, other.poll_id];
  if (poll !== undefined && otherPoll !== undefined && poll !== otherPoll) return poll < otherPoll;
  return madeAt(document) < madeAt(other);
}

/** The number of seconds that a response may be kept; null where it does not say. */
const maxAgeOf = (/** @type {Response} */ response) => {
  const [, seconds] = /(?:^|[,\s])max-age=(\d+)/i.exec(response.headers.get("Cache-Control") ?? "") ?? [];
  return seconds === undefined ? null : Number(seconds);
};

/** The clock of the server that answered, in milliseconds; this machine's where the response does not tell. */
const clockOf = (/** @type {Response} */ response) => {
  const age = Number(response.headers.get("Age")) || 0;
  return (Date.parse(response.headers.get("Date") ?? "") || Date.now()) + 1000 * age;
};

/** The number of seconds after which a server asks to be asked again; undefined where it does not. */
const retryAfterOf = (/** @type {Response} */ response) => {
  const value = response.headers.get("Retry-After");
  if (!value) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - clockOf(response)) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(RETRY_AFTER, Math.max(0, seconds));
};

/** Whether this is a page that nobody sees. */
const isHidden = () => globalThis.document?.visibilityState === "hidden";

/**
 * Calls what a caller has passed. What it throws is the caller's, and the polling goes on.
 *
 * @template Value
 * @param {((value: Value, watch: any) => void) | undefined} callback
 * @param {Value} value
 * @param {Watch<any>} watch
 */
function tell(callback, value, watch) {
  try {
    callback?.(value, watch);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** @implements {Watch<Content>} */
class Watcher {
  /** @type {Content | null} */
  document = null;
  /** @type {DocumentError | null} */
  error = null;
  #name;
  #options;
  #fetch;
  /** The text of the document, to tell a new version from the same one. */
  #text = "";
  /** @type {string | null} */
  #etag = null;
  /** @type {number | null} */
  #maxAge = null;
  /** By how much the server's clock is ahead of this machine's, in milliseconds. */
  #ahead = 0;
  /** When the server last had an answer, by this machine's clock. */
  #answeredAt = 0;
  #failures = 0;
  #stopped = new AbortController();
  /** When the next request is due, by `performance.now`. */
  #due = 0;
  /** Ends the current pause, to look at what has changed. */
  #wake = () => {};

  /**
   * @param {DocumentName} name
   * @param {WatchOptions<Content>} options
   */
  constructor(name, options) {
    this.url = addressOf(name, options);
    this.#name = name;
    this.#options = options;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    const { signal } = this.#stopped;
    if (options.signal?.aborted) this.stop();
    options.signal?.addEventListener("abort", () => this.stop(), { signal });
    globalThis.document?.addEventListener("visibilitychange", () => this.#wake(), { signal });
    globalThis.addEventListener?.("online", () => this.#retry(), { signal });
    this.#run();
  }

  stop() {
    this.#stopped.abort();
    this.#wake();
  }

  get age() {
    return this.document && Math.max(0, (this.#now() - madeAt(this.document)) / 1000);
  }

  get stale() {
    if (!this.document) return false;
    const next = Date.parse(this.document.next_update_expected ?? "");
    return this.#now() > next + 1000 * OVERDUE || Date.now() > this.#answeredAt + 1000 * SILENT;
  }

  /** The server's clock, in milliseconds. */
  #now() {
    return Date.now() + this.#ahead;
  }

  /** The network is back: what has failed is due. */
  #retry() {
    if (!this.error) return;
    this.#due = 0;
    this.#wake();
  }

  async #run() {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const { onDocument, onError } = this.#options;
      try {
        const isNew = await this.#ask();
        if (signal.aborted) return;
        this.error = null;
        this.#failures = 0;
        this.#due = performance.now() + 1000 * this.#pace();
        if (this.document && isNew) tell(onDocument, this.document, this);
      } catch (thrown) {
        if (signal.aborted) return;
        this.error = thrown instanceof DocumentError
          ? thrown
          : new DocumentError("network", "the server cannot be reached", { cause: thrown });
        this.#failures += 1;
        this.#due = performance.now() + 1000 * this.#backOff(this.error);
        tell(onError, this.error, this);
      }
      await this.#pause();
    }
  }

  /** Waits until the next request is due, and longer while nobody sees the page. */
  async #pause() {
    for (;;) {
      const left = this.#due - performance.now();
      if (this.#stopped.signal.aborted || (left <= 0 && !isHidden())) return;
      await /** @type {Promise<void>} */ (new Promise((resolve) => {
        const timer = isHidden() ? undefined : setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }));
    }
  }

  /** Asks once. True where a new version has come; throws where the answer is of no use. */
  async #ask() {
    const request = new AbortController();
    const seconds = this.#options.timeout ?? 10;
    const late = new DocumentError("timeout", `no answer within ${seconds} s`);
    const timer = setTimeout(() => request.abort(late), 1000 * seconds);
    const stop = () => request.abort();
    this.#stopped.signal.addEventListener("abort", stop);
    try {
      /** @type {RequestInit} */
      const how = { signal: request.signal };
      if (HAS_HTTP_CACHE) how.cache = "no-cache";
      else if (this.#etag) how.headers = { "If-None-Match": this.#etag };
      const response = await this.#fetch(this.url, how);
      return await this.#take(response);
    } catch (thrown) {
      throw request.signal.aborted ? request.signal.reason : thrown;
    } finally {
      clearTimeout(timer);
      this.#stopped.signal.removeEventListener("abort", stop);
    }
  }

  /** @param {Response} response */
  async #take(response) {
    const { status } = response;
    if (status === 304 && this.document) {
      this.#seen(response);
      return false;
    }
    if (!response.ok) {
      // The connection is free for another request only once the answer is read or cancelled.
      response.body?.cancel().catch(() => {});
      const reason = status === 404 ? "missing" : "status";
      throw new DocumentError(reason, `the server answers ${status}`, { status, retryAfter: retryAfterOf(response) });
    }
    const text = await response.text();
    const isNew = text !== this.#text;
    if (isNew) {
      const document = this.#parse(text, status);
      // A cache somewhere still has an older version.
      if (this.document && isOlder(document, this.document)) return false;
      this.document = document;
      this.#text = text;
    }
    this.#etag = response.headers.get("ETag");
    this.#seen(response);
    return isNew;
  }

  /**
   * @param {string} text
   * @param {number} status
   * @returns {Content}
   */
  #parse(text, status) {
    const list = LISTS[this.#name];
    let document;
    try {
      document = JSON.parse(text);
    } catch (cause) {
      throw new DocumentError("content", "what came is no JSON", { status, cause });
    }
    if (!Array.isArray(document?.[list])) throw new DocumentError("content", `what came has no ${list}`, { status });
    if (Number.isNaN(madeAt(document))) throw new DocumentError("content", "what came has no date", { status });
    return document;
  }

  /**
   * The server has said that the document is as it is here.
   *
   * @param {Response} response
   */
  #seen(response) {
    this.#ahead = clockOf(response) - Date.now();
    this.#maxAge = maxAgeOf(response) ?? this.#maxAge;
    this.#answeredAt = Date.now();
  }

  /** The number of seconds until the next request after an answer. */
  #pace() {
    const { every } = this.#options;
    if (every !== undefined) return every;
    const shortest = Math.max(SHORTEST, this.#maxAge ?? 0);
    const wait = Math.min(LONGEST, Math.max(shortest, this.#expectedIn()));
    // Not everyone at once.
    return wait + Math.random() * Math.max(3, wait / 10);
  }

  /** The number of seconds until the server will have something new. */
  #expectedIn() {
    const next = this.document?.next_update_expected;
    if (next === null) return LONGEST;
    const at = Date.parse(next ?? "");
    if (!this.document || Number.isNaN(at)) return this.#maxAge ?? USUAL;
    // However wrong this machine's clock is, the wait is not longer than the document's own.
    const left = Math.min(at - this.#now(), at - madeAt(this.document)) / 1000;
    // The longer it is overdue, the less it helps to ask often.
    return left > 0 ? left + EXPORT : Math.min(PATIENT, -left / 4);
  }

  /**
   * The number of seconds until the next request after a failure.
   *
   * @param {DocumentError} error
   */
  #backOff({ reason, retryAfter }) {
    const { every } = this.#options;
    // What has not been written yet is waited for; what fails is asked less and less often.
    const doubled = reason === "missing" ? PATIENT : Math.min(PATIENT, 2 ** this.#failures);
    const wait = every ?? doubled * (0.5 + Math.random() / 2);
    return retryAfter === null ? wait : Math.max(wait, retryAfter + 3 * Math.random());
  }
}

/** @type {typeof import("./client.d.ts").playerKey} */
export const playerKey = ({ player_lookup, team }) => `${player_lookup} ${team}`;

/** @param {{ away_team: string, home_team: string }} game */
const teamsOf = ({ away_team, home_team }) => `${away_team}@${home_team}`;

/**
 * The newest day of some documents.
 *
 * @param {({ game_date: string } | null | undefined)[]} documents
 */
const newestDay = (documents) => documents.flatMap((document) => document?.game_date ?? []).sort().at(-1) ?? null;

/** @type {typeof import("./client.d.ts").dayOf} */
export const dayOf = ({ tonight, live, grading, timeline }) =>
  newestDay([tonight, live]) ?? newestDay([grading, timeline]);

/**
 * A document, if it is of the day.
 *
 * @template {{ game_date: string }} Document
 * @param {Document | null | undefined} document
 * @param {string | null} day
 */
const ofDay = (document, day) => (document?.game_date === day ? document : null);

/** @type {typeof import("./client.d.ts").joinGames} */
export function joinGames(night) {
  const day = dayOf(night);
  const listed = ofDay(night.tonight, day)?.games ?? [];
  const live = ofDay(night.live, day)?.games ?? [];
  /** @type {Set<TonightGame | null>} */
  const found = new Set();
  const games = live.map((game) => {
    const tonight = listed.find(({ game_id }) => game_id === game.nba_game_id)
      ?? listed.find((it) => teamsOf(it) === teamsOf(game))
      ?? null;
    found.add(tonight);
    return { teams: teamsOf(game), tonight, live: game };
  });
  const others = listed.filter((game) => !found.has(game));
  return [...games, ...others.map((game) => ({ teams: teamsOf(game), tonight: game, live: null }))];
}

/** @type {typeof import("./client.d.ts").join} */
export function join(night) {
  const day = dayOf(night);
  const games = joinGames(night);
  /** @type {Map<string, JoinedPlayer>} */
  const players = new Map();
  /**
   * @param {{ player_lookup: string, team: string }} player
   * @param {JoinedGame | null} game
   */
  const entry = (player, game) => {
    const key = playerKey(player);
    const { player_lookup, team } = player;
    const known = players.get(key)
      ?? { player_lookup, team, game, tonight: null, live: null, predictions: [], lines: [], timeline: null };
    players.set(key, known);
    return known;
  };
  for (const game of games) {
    if (game.tonight) for (const player of game.tonight.players) entry(player, game).tonight = player;
    if (game.live) for (const player of game.live.players) entry(player, game).live = player;
  }
  const gameOf = (/** @type {{ game_id: string }} */ { game_id }) =>
    games.find(({ tonight, live }) => [tonight?.game_id, live?.nba_game_id, live?.game_id].includes(game_id)) ?? null;
  const grading = ofDay(night.grading, day);
  for (const graded of grading?.predictions ?? []) entry(graded, gameOf(graded)).predictions.push(graded);
  for (const line of grading?.lines ?? []) entry(line, gameOf(line)).lines.push(line);
  for (const timed of ofDay(night.timeline, day)?.players ?? []) entry(timed, gameOf(timed)).timeline = timed;
  return players;
}
