import { ApiError, errorFrom, UnreachableError } from "./errors";
import {
  decodePictureDetail,
  decodePicturePage,
  decodeSession,
  decodeUpload,
  type Picture,
  type PictureDetail,
  type PicturePage,
  type Session,
  type UploadTarget,
} from "./types";
import { type Reason, Waiting } from "./waiting";

type Method = "GET" | "POST" | "DELETE";

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** How long one request keeps trying before it becomes an error: a paused Aurora cluster needs up to about 30 s. */
export const PATIENCE_MILLISECONDS = 120_000;

/** Seconds or a date, as RFC 9110 has Retry-After; null when absent, unreadable or not exposed by CORS. */
export function retryAfterMilliseconds(header: string | null, now: number): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), 60) * 1000 : null;
}

/** Doubling from one second to fifteen, and up to a fifth more so that many waiting tabs do not come back at once. */
function delayMilliseconds(attempt: number, retryAfter: number | null): number {
  return (retryAfter ?? Math.min(2 ** attempt * 1000, 15_000)) * (1 + Math.random() / 5);
}

async function bodyOf(response: Response): Promise<unknown> {
  const written = await response.text();
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) return written;
  return JSON.parse(written === "" ? "null" : written) as unknown;
}

function isCsrfFailure(status: number, body: unknown): boolean {
  return status === 403 && JSON.stringify(body).includes("CSRF");
}

/** The gallery's API for one origin ("" is the page's own), with Django's session cookie and CSRF token. */
export class Api {
  readonly waiting = new Waiting();
  readonly #origin: string;
  #csrfToken: string | null = null;

  constructor(origin: string) {
    this.#origin = origin;
  }

  async session(options?: Options): Promise<Session> {
    return this.#remember(await this.#request("GET", "/api/session", undefined, options));
  }

  /** Django issues a new CSRF token at log-in; the answer carries it. */
  async logIn(credentials: { username: string; password: string }): Promise<Session> {
    return this.#remember(await this.#request("POST", "/api/session", credentials));
  }

  async logOut(): Promise<Session> {
    await this.#request("DELETE", "/api/session");
    return this.session();
  }

  async signUp(credentials: { username: string; password: string }): Promise<Session> {
    return this.#remember(await this.#request("POST", "/api/users", credentials));
  }

  async pictures(cursor: string | null, options?: Options): Promise<PicturePage> {
    const query = cursor === null ? "" : `?${new URLSearchParams({ cursor }).toString()}`;
    return decodePicturePage(await this.#request("GET", `/api/pictures${query}`, undefined, options));
  }

  async picture(id: string, options?: Options): Promise<PictureDetail> {
    return decodePictureDetail(await this.#request("GET", `/api/pictures/${encodeURIComponent(id)}`, undefined, options));
  }

  async addPicture(title: string, file: File, options?: Options): Promise<{ picture: Picture; upload: UploadTarget }> {
    const announced = { title, filename: file.name, content_type: file.type, size: file.size };
    return decodeUpload(await this.#request("POST", "/api/pictures", announced, options));
  }

  /** Tell the API that the file is in the bucket. It may be said again. */
  async confirmPicture(id: string, options?: Options): Promise<void> {
    await this.#request("POST", `/api/pictures/${encodeURIComponent(id)}/confirm`, undefined, options);
  }

  async deletePicture(id: string): Promise<void> {
    await this.#request("DELETE", `/api/pictures/${encodeURIComponent(id)}`);
  }

  #remember(answer: unknown): Session {
    const session = decodeSession(answer);
    this.#csrfToken = session.csrfToken;
    return session;
  }

  async #request(method: Method, path: string, data?: object, options: Options = {}): Promise<unknown> {
    const giveUpAt = Date.now() + PATIENCE_MILLISECONDS;
    let mayRefreshToken = true;
    for (let attempt = 0; ; attempt += 1) {
      if (method !== "GET" && this.#csrfToken === null) await this.session(options);
      const tried = await this.#try(method, path, data, options);
      if (tried.ok) {
        this.waiting.skip(); // It is awake: nobody needs to wait any longer.
        return tried.body;
      }
      if (mayRefreshToken && isCsrfFailure(tried.status, tried.body)) {
        mayRefreshToken = false;
        this.#csrfToken = null;
        continue;
      }
      const delay = delayMilliseconds(attempt, tried.retryAfter);
      if (tried.reason === null || Date.now() + delay > giveUpAt) throw tried.error;
      await this.waiting.sleep(tried.reason, delay, options.signal);
    }
  }

  /** One round trip. `reason` is null when trying again would be wrong or useless. */
  async #try(method: Method, path: string, data: object | undefined, { signal }: Options): Promise<Answer | Refusal> {
    const headers = new Headers({ Accept: "application/json" });
    if (data !== undefined) headers.set("Content-Type", "application/json");
    if (method !== "GET" && this.#csrfToken !== null) headers.set("X-CSRFToken", this.#csrfToken);
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(this.#origin + path, {
        method,
        headers,
        credentials: "include",
        body: data === undefined ? null : JSON.stringify(data),
        signal: signal ?? null,
      });
      body = await bodyOf(response);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      const unreachable = new UnreachableError(`${method} ${path} got no answer.`, { cause: error });
      // A write without an answer may have happened: only the visitor can decide to do it again.
      return { ok: false, status: 0, body: null, retryAfter: null, reason: method === "GET" ? "unreachable" : null, error: unreachable };
    }
    if (response.ok) return { ok: true, body };
    return {
      ok: false,
      status: response.status,
      body,
      retryAfter: retryAfterMilliseconds(response.headers.get("Retry-After"), Date.now()),
      reason: reasonToWait(method, response.status),
      error: errorFrom(response.status, body),
    };
  }
}

interface Answer {
  readonly ok: true;
  readonly body: unknown;
}

interface Refusal {
  readonly ok: false;
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: number | null;
  readonly reason: Reason | null;
  readonly error: ApiError | UnreachableError;
}

/** 503 says that asking again does no harm, whatever the method; 502 and 504 leave it open, so only reading is repeated. */
function reasonToWait(method: Method, status: number): Reason | null {
  if (status === 503) return "waking";
  return method === "GET" && (status === 502 || status === 504) ? "unreachable" : null;
}
