// The public documents: polled repeatedly, each kept in its last valid version.

const SOURCES = {
  status: "v1/status.json",
  tonight: "v1/tonight/all-players.json",
  live: "v1/live/latest.json",
  grading: "v1/live-grading/latest.json",
  timeline: "v1/live-timeline/latest.json",
};

// Fields that a document must have, so that an error page that happens to be JSON does not replace a valid document.
const LISTS = { status: "known_issues", tonight: "games", live: "games", grading: "predictions", timeline: "players" };

const madeAt = (document) => Date.parse(document.updated_at ?? document.generated_at);

/** One document: its last good content, how old that is, and what went wrong since. */
class Source {
  data = null;
  error = null;
  #etag = null;
  #ageWhenRead = 0;
  #readAt = 0;

  constructor(name) {
    this.name = name;
    this.url = SOURCES[name];
  }

  /** The content, if it is of a day. */
  of(day) {
    return this.data?.game_date === day ? this.data : null;
  }

  /** Seconds from when the content was made; null while there is none. */
  get age() {
    return this.data && this.#ageWhenRead + (performance.now() - this.#readAt) / 1000;
  }

  /** Fetches it; true where there is new content. What cannot be read leaves the last good content. */
  async refresh() {
    try {
      const headers = this.#etag ? { "If-None-Match": this.#etag } : {};
      const response = await fetch(this.url, { cache: "no-store", headers, signal: AbortSignal.timeout(10_000) });
      if (response.status === 304) return this.#seen(response, this.data, false);
      if (!response.ok) throw new Error(`the server answers ${response.status}`);
      const data = await response.json().catch(() => {
        throw new Error("what came is no JSON");
      });
      if (!Array.isArray(data?.[LISTS[this.name]]) || Number.isNaN(madeAt(data))) {
        throw new Error(`what came has no ${LISTS[this.name]}`);
      }
      this.#etag = response.headers.get("ETag");
      return this.#seen(response, data, true);
    } catch (error) {
      this.error = error.name === "TimeoutError" ? "no answer within 10 s" : error.message;
      return false;
    }
  }

  #seen(response, data, isNew) {
    this.data = data;
    this.error = null;
    // A document's age is measured by the server's clock, not this machine's; a cache adds its own Age header.
    const answered = Date.parse(response.headers.get("Date") ?? "") || Date.now();
    const now = answered + 1000 * (Number(response.headers.get("Age")) || 0);
    this.#ageWhenRead = Math.max(0, (now - madeAt(data)) / 1000);
    this.#readAt = performance.now();
    return isNew;
  }
}

export const sources = Object.fromEntries(Object.keys(SOURCES).map((name) => [name, new Source(name)]));

/** The day that is shown: the newest that there are games of. The documents turn to a new day one after the other. */
export function dayShown() {
  return [sources.tonight, sources.live].flatMap((source) => source.data?.game_date ?? []).sort().at(-1) ?? null;
}

/** Fetches all of them at once; true where anything is new. */
export async function refreshAll() {
  const news = await Promise.all(Object.values(sources).map((source) => source.refresh()));
  return news.includes(true);
}
