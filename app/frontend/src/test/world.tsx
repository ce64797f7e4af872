import { render } from "@testing-library/react";
import axe from "axe-core";
import { expect, vi } from "vitest";

import { App } from "../app/App";
import { type Services, ServicesContext, servicesFor } from "../app/services";

export const API = "https://api.gallery.test";
export const MEDIA = "https://media.gallery.test";

export interface StoredPicture {
  id: string;
  title: string;
  owner: string;
  status: string;
  failure?: string;
  exif?: unknown;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly data: unknown;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

const PAGE = 4;

/** The network as the page sees it: an API that keeps the contract, and a media bucket. */
export class World {
  user: string | null = null;
  signUp = true;
  csrfToken = "token-1";
  /** Newest first. */
  pictures: StoredPicture[] = [];
  readonly calls: Call[] = [];
  /** Answers that come before the API's own, first in first out; an Error is no answer. */
  readonly faults: ({ readonly on: string; readonly answer: () => Response | Error })[] = [];
  bucket: { status: number; body: string } = { status: 204, body: "" };
  /** Uploads wait here until a test lets them go on. */
  readonly uploads: FakeUpload[] = [];
  #signatures = 0;

  constructor() {
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => this.#fetch(url, init));
    vi.stubGlobal("XMLHttpRequest", fakeUploadsOf(this));
  }

  add(count: number, part: Partial<StoredPicture> = {}): void {
    for (let index = 0; index < count; index += 1) {
      const number = this.pictures.length + 1;
      this.pictures.push({ id: String(number), title: `Picture ${number}`, owner: "ada", status: "ready", ...part });
    }
  }

  fail(on: string, answer: () => Response | Error): void {
    this.faults.push({ on, answer });
  }

  to(call: string): Call[] {
    return this.calls.filter(({ method, path }) => `${method} ${path}` === call);
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    await Promise.resolve();
    if (init.signal?.aborted === true) throw new DOMException("Aborted", "AbortError");
    expect(url.startsWith(API)).toBe(true);
    expect(init.credentials).toBe("include");
    const { pathname, searchParams } = new URL(url);
    const method = init.method ?? "GET";
    const data: unknown = typeof init.body === "string" ? JSON.parse(init.body) : null;
    const call = { method, path: pathname, headers: new Headers(init.headers), data };
    this.calls.push(call);

    const fault = this.faults.findIndex(({ on }) => on === `${method} ${pathname}`);
    if (fault >= 0) {
      const answer = this.faults.splice(fault, 1)[0]?.answer();
      if (answer instanceof Error) throw answer;
      if (answer !== undefined) return answer;
    }
    if (method !== "GET" && call.headers.get("X-CSRFToken") !== this.csrfToken) return json(403, { detail: "CSRF Failed: CSRF token incorrect." });
    return this.#answer(call, searchParams);
  }

  #answer({ method, path, data }: Call, query: URLSearchParams): Response {
    const entered = (data ?? {}) as Record<string, string>;
    const id = /^\/api\/pictures\/([^/]+)/.exec(path)?.[1];
    const picture = this.pictures.find((one) => one.id === id);
    switch (`${method} ${path.replace(/^(\/api\/pictures\/)[^/]+/, "$1:id")}`) {
      case "GET /api/session":
        return json(200, this.#session());
      case "POST /api/session":
        if (entered["password"] !== "secret") return json(400, { detail: "That user name and password do not belong together." });
        return this.#enter(entered["username"] ?? "");
      case "POST /api/users":
        if (entered["username"] === "ada") return json(400, { username: ["A user with that username already exists."] });
        return this.#enter(entered["username"] ?? "");
      case "DELETE /api/session":
        this.user = null;
        return json(204, null);
      case "GET /api/pictures": {
        const from = Number(query.get("cursor") ?? "0");
        const next = from + PAGE < this.pictures.length ? `${API}/api/pictures?cursor=${from + PAGE}` : null;
        return json(200, { results: this.pictures.slice(from, from + PAGE).map((one) => this.#view(one)), next });
      }
      case "POST /api/pictures": {
        if (this.user === null) return json(401, { detail: "Authentication credentials were not provided." });
        const added = { id: `new-${this.pictures.length}`, title: entered["title"] ?? "", owner: this.user, status: "processing" };
        this.pictures.unshift(added);
        return json(201, { picture: this.#view(added), upload: { url: `${MEDIA}/`, fields: { key: "incoming/1", policy: "signed" } } });
      }
      case "POST /api/pictures/:id/confirm":
        return json(202, null);
      case "GET /api/pictures/:id":
        return picture === undefined ? json(404, { detail: "Not found." }) : json(200, { ...this.#view(picture), exif: picture.exif ?? null });
      case "DELETE /api/pictures/:id":
        this.pictures = this.pictures.filter((one) => one.id !== id);
        return json(picture === undefined ? 404 : 204, null);
      default:
        throw new Error(`The API has no ${method} ${path}.`);
    }
  }

  #session() {
    return { user: this.user === null ? null : { username: this.user }, csrfToken: this.csrfToken, signUp: this.signUp };
  }

  /** As Django, with a new token. */
  #enter(username: string): Response {
    this.user = username;
    this.csrfToken = `${this.csrfToken}-${username}`;
    return json(200, this.#session());
  }

  #view({ id, title, owner, status, failure = "" }: StoredPicture) {
    this.#signatures += 1;
    const signed = (size: string) => `${MEDIA}/${size}/${id}.webp?signature=${this.#signatures}`;
    const thumbnails = status === "ready" ? { small: signed("small"), large: signed("large") } : null;
    return { id, title, owner, status, failure, thumbnails, created_at: "2026-11-20T10:00:00Z" };
  }
}

export interface FakeUpload {
  readonly url: string;
  readonly form: FormData;
  readonly aborted: boolean;
  progress(part: number): void;
  finish(): void;
  /** The connection breaks. */
  drop(): void;
}

function fakeUploadsOf(world: World) {
  return class extends EventTarget implements FakeUpload {
    readonly upload = new EventTarget();
    url = "";
    form = new FormData();
    aborted = false;
    status = 0;
    responseText = "";

    open(method: string, url: string) {
      expect(method).toBe("POST");
      this.url = url;
    }

    send(form: FormData) {
      this.form = form;
      world.uploads.push(this);
    }

    abort() {
      this.aborted = true;
      this.dispatchEvent(new Event("abort"));
    }

    progress(part: number) {
      this.upload.dispatchEvent(new ProgressEvent("progress", { lengthComputable: true, loaded: part * 1000, total: 1000 }));
    }

    finish() {
      this.status = world.bucket.status;
      this.responseText = world.bucket.body;
      this.dispatchEvent(new Event("load"));
    }

    drop() {
      this.dispatchEvent(new Event("error"));
    }
  };
}

/** Show the app at an address, as after the configuration is read. */
export function visit(path: string): Services {
  window.history.replaceState(null, "", path);
  const services = servicesFor({ apiOrigin: API });
  render(
    <ServicesContext value={services}>
      <App />
    </ServicesContext>,
  );
  return services;
}

/** No finding of axe on what is shown. Colours need a real browser. */
export async function expectAccessible(): Promise<void> {
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
}
