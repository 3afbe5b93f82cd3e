// What `client.js` exports. The compiler checks `client.js` against it.

import type {
  DatesDocument,
  GradedPrediction,
  GradingDocument,
  LiveDocument,
  LiveGame,
  LivePlayer,
  SettledLine,
  StatusDocument,
  TimelineDocument,
  TimelinePlayer,
  TonightDocument,
  TonightGame,
  TonightPlayer,
} from "./challenge-system.js";

export type * from "./challenge-system.js";

/** The public documents by their name in the address. */
export interface Documents {
  tonight: TonightDocument;
  live: LiveDocument;
  "live-grading": GradingDocument;
  "live-timeline": TimelineDocument;
  status: StatusDocument;
  dates: DatesDocument;
}

/** The name of a public document. */
export type DocumentName = keyof Documents;

/** What {@link watch} needs to know. */
export interface WatchOptions<Document> {
  /**
   * The folder that has `v1/`: `https://storage.googleapis.com/my-bucket/`, or
   * `http://127.0.0.1:8080/nba-props-platform-api/` of a local run. An absolute URL.
   */
  base: string | URL;
  /**
   * The day whose document is read, `2026-01-09`: the New York date of the evening. Without it, the newest. Only for
   * documents of a day; `status` and `dates` have none.
   */
  date?: string;
  /** Called with the first version and with every new one, never with one that is older than the last. */
  onDocument?: (document: Document, watch: Watch<Document>) => void;
  /** Called after each request that brought nothing to use. The last good document stays. */
  onError?: (error: DocumentError, watch: Watch<Document>) => void;
  /** Ends the watch when it is aborted, as {@link Watch.stop} does. */
  signal?: AbortSignal;
  /** Used instead of the global `fetch`. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Seconds until a request is given up; 10 by default. */
  timeout?: number;
  /**
   * A fixed number of seconds between two requests, also after failures, unless the server asks for more with
   * `Retry-After`. For a local run, in which a night takes a minute. Without it, the client chooses the pace.
   */
  every?: number;
}

/** A document that is kept up to date. */
export interface Watch<Document> {
  /** The address that is read. */
  readonly url: string;
  /** The last good version; null while there is none. */
  readonly document: Document | null;
  /** Why the last request brought nothing to use; null if it brought something. */
  readonly error: DocumentError | null;
  /**
   * Seconds since the document was made, by the server's clock where the response tells it, else by this machine's;
   * null while there is none.
   */
  readonly age: number | null;
  /**
   * Whether the document is probably not the newest: the next version is overdue by three minutes, or the server has
   * not confirmed it for ten minutes. False while there is no document.
   */
  readonly stale: boolean;
  /** Ends it: no further request and no further callback. The last document can still be read. */
  stop(): void;
}

/**
 * Why a request brought nothing to use:
 *
 * - `missing`: the server answers 404. The document is not written yet; it is asked for again once a minute.
 * - `status`: the server answers with another error.
 * - `network`: no server can be reached.
 * - `timeout`: no answer has come in time.
 * - `content`: what came is no JSON, or another JSON.
 */
export type DocumentErrorReason = "missing" | "status" | "network" | "timeout" | "content";

/** A request that brought nothing to use. */
export declare class DocumentError extends Error {
  constructor(
    reason: DocumentErrorReason,
    message: string,
    more?: { status?: number; retryAfter?: number | undefined; cause?: unknown },
  );
  readonly reason: DocumentErrorReason;
  /** The HTTP status; null where no answer has come. */
  readonly status: number | null;
  /** The seconds that the server asks to wait; null where it does not ask. */
  readonly retryAfter: number | null;
}

/**
 * Reads a public document now and again whenever a new version is expected, until it is stopped.
 *
 * The next request is made when `next_update_expected` has passed, after the time that the server lets the answer be
 * kept where the document has no such field, and after five minutes at most. It has the last ETag, so that an
 * unchanged document costs no bytes. After a failure the pauses grow up to a minute, or last as long as the server
 * asks for with `Retry-After`. All pauses vary a little, so that not everyone asks at once. A page that is hidden asks
 * for nothing, and at once when it is seen again and a request is due.
 *
 * @param name the document
 * @param options where it is, and whom to tell
 * @returns the document as it is kept up to date
 * @throws TypeError if the name is unknown, the base is no absolute URL, or the document has no such date
 *
 * @example
 * const live = watch("live", {
 *   base: "https://storage.googleapis.com/my-bucket/",
 *   onDocument: (document) => show(document.games),
 *   onError: (error, { age }) => warn(`${error.message}; the scores are ${age} s old`),
 * });
 * // When the page is left:
 * live.stop();
 */
export declare function watch<Name extends DocumentName>(
  name: Name,
  options: WatchOptions<Documents[Name]>,
): Watch<Documents[Name]>;

/** The documents of a night, as far as they are there. */
export interface Night {
  tonight?: TonightDocument | null | undefined;
  live?: LiveDocument | null | undefined;
  grading?: GradingDocument | null | undefined;
  timeline?: TimelineDocument | null | undefined;
}

/** A game in tonight's list and in the live scores; in one of them at least. */
export interface JoinedGame {
  /** The teams, visitors first: `TOR@BOS`. */
  teams: string;
  tonight: TonightGame | null;
  live: LiveGame | null;
}

/** All that the documents have about a player of a team. */
export interface JoinedPlayer {
  player_lookup: string;
  /** Code of the team. */
  team: string;
  /** The game; null where neither tonight's list nor the live scores have it. */
  game: JoinedGame | null;
  /** The entry in tonight's list; null where the list does not have the player under this team. */
  tonight: TonightPlayer | null;
  /** The entry in the box score; null before tip-off and where the box score does not have the player. */
  live: LivePlayer | null;
  /** The graded predictions; empty where there is none. */
  predictions: GradedPrediction[];
  /** The lines, one for each statistic; empty where there is none. */
  lines: SettledLine[];
  /** The scoring history; null where there is none. */
  timeline: TimelinePlayer | null;
}

/**
 * The key of a player in {@link join}: `jaylenbrown BOS`.
 *
 * @example
 * const brown = join(night).get(playerKey({ player_lookup: "jaylenbrown", team: "BOS" }));
 */
export declare function playerKey(player: { player_lookup: string; team: string }): string;

/**
 * The day that the documents are about, `2026-01-09`: the newest of tonight's list and the live scores, because the
 * documents turn to a new day one after the other. Null where there is no document.
 */
export declare function dayOf(night: Night): string | null;

/**
 * The games of the day, those of the live scores first and in their order, then those that only tonight's list has. A
 * game is recognised by the NBA's id, else by its teams. Documents of another day are left out.
 *
 * @throws TypeError if a document is not as its type says
 *
 * @example
 * for (const { teams, live } of joinGames({ tonight, live: scores })) console.log(teams, live?.time_remaining);
 */
export declare function joinGames(night: Night): JoinedGame[];

/**
 * The players of the day by {@link playerKey}, each once, with all that the documents have about them. Documents of
 * another day are left out. A player who was traded today can be there twice, under both teams: with `tonight` under
 * the one, with `live`, `predictions` and `lines` under the other.
 *
 * @throws TypeError if a document is not as its type says
 *
 * @example
 * const players = join({ tonight: tonight.document, live: live.document, grading: grading.document });
 * for (const { tonight, live, lines } of players.values()) {
 *   const line = lines.find(({ stat_type }) => stat_type === "points");
 *   console.log(tonight?.name ?? live?.name, live?.points ?? 0, line?.outcome);
 * }
 */
export declare function join(night: Night): Map<string, JoinedPlayer>;
