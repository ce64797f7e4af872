import type { Api } from "../api/client";
import { ApiError } from "../api/errors";
import type { Picture } from "../api/types";
import { Store } from "../store";

export interface GalleryState {
  readonly phase: "new" | "loading" | "ready" | "loading-more";
  /** Newest first. */
  readonly pictures: readonly Picture[];
  readonly hasMore: boolean;
  readonly error: unknown;
}

const NEW: GalleryState = { phase: "new", pictures: [], hasMore: false, error: null };

interface Page {
  /** Null is the first page. */
  readonly cursor: string | null;
  readonly ids: readonly string[];
}

/**
 * Signed addresses differ in every answer, so a finished picture keeps the ones it has: a new address would make
 * the browser load the same thumbnail again.
 */
function merged(known: Picture, fresh: Picture): Picture {
  return known.thumbnails !== null && fresh.thumbnails !== null ? { ...fresh, thumbnails: known.thumbnails } : fresh;
}

/** The front page's pictures. Lives as long as the document, so that going back shows what was there. */
export class Gallery extends Store<GalleryState> {
  readonly #api: Api;
  #pages: Page[] = [];
  #next: string | null = null;
  /** Answers to requests of an earlier epoch are dropped. */
  #epoch = 0;

  constructor(api: Api) {
    super(NEW);
    this.#api = api;
  }

  reset(): void {
    this.#epoch += 1;
    this.#pages = [];
    this.#next = null;
    this.set(NEW);
  }

  /** Read the first page; when there is one already, look quietly for what is new. */
  async load(): Promise<void> {
    const { phase } = this.current();
    if (phase === "loading" || phase === "loading-more") return;
    if (phase === "ready") await this.#reread({ cursor: null, ids: [] }).catch(() => undefined);
    else await this.#readOn("loading", null);
  }

  async loadMore(): Promise<void> {
    if (this.current().phase === "ready" && this.#next !== null) await this.#readOn("loading-more", this.#next);
  }

  /** Read again the pages on which a worker is still busy. */
  async refresh(signal: AbortSignal): Promise<void> {
    const busy = new Set(this.current().pictures.filter(({ status }) => status === "processing").map(({ id }) => id));
    const pages = this.#pages.filter(({ ids }) => ids.some((id) => busy.has(id)));
    for (const page of pages) for (const id of await this.#reread(page, signal)) busy.delete(id);
    // New pictures push older ones over the page's edge: those are asked for by themselves.
    for (const id of [...busy].slice(0, 5)) await this.#renew(id, signal);
  }

  /** A thumbnail did not load: its signed address has probably run out. */
  async renewThumbnails(id: string): Promise<void> {
    await this.#renew(id);
  }

  add(picture: Picture): void {
    const state = this.current();
    // Before the first page is there, that page will have it.
    if (state.phase !== "new" && state.phase !== "loading") this.#prepend([picture]);
  }

  remove(id: string): void {
    const state = this.current();
    this.set({ ...state, pictures: state.pictures.filter((picture) => picture.id !== id) });
  }

  find(id: string): Picture | undefined {
    return this.current().pictures.find((picture) => picture.id === id);
  }

  async #readOn(phase: "loading" | "loading-more", cursor: string | null): Promise<void> {
    const epoch = this.#epoch;
    const before = this.current();
    this.set({ ...before, phase, error: null });
    try {
      const { results, next } = await this.#api.pictures(cursor);
      if (epoch !== this.#epoch) return;
      this.#next = next;
      this.#pages.push({ cursor, ids: results.map(({ id }) => id) });
      const known = new Set(this.current().pictures.map(({ id }) => id));
      const pictures = [...this.current().pictures, ...results.filter(({ id }) => !known.has(id))];
      this.set({ phase: "ready", pictures, hasMore: next !== null, error: null });
    } catch (error) {
      if (epoch === this.#epoch) this.set({ ...this.current(), phase: before.phase, error });
    }
  }

  /** Bring known pictures up to date and put new ones of the first page in front. Returns the ids that were there. */
  async #reread(page: Page, signal?: AbortSignal): Promise<readonly string[]> {
    const epoch = this.#epoch;
    const { results } = await this.#api.pictures(page.cursor, { signal });
    if (epoch !== this.#epoch) return [];
    const fresh = new Map(results.map((picture) => [picture.id, picture]));
    const state = this.current();
    const pictures = state.pictures.map((known) => {
      const found = fresh.get(known.id);
      fresh.delete(known.id);
      return found === undefined ? known : merged(known, found);
    });
    this.set({ ...state, pictures });
    if (page.cursor === null) this.#prepend([...fresh.values()]);
    return results.map(({ id }) => id);
  }

  async #renew(id: string, signal?: AbortSignal): Promise<void> {
    const epoch = this.#epoch;
    try {
      const fresh = await this.#api.picture(id, { signal });
      if (epoch !== this.#epoch) return;
      const state = this.current();
      this.set({ ...state, pictures: state.pictures.map((known) => (known.id === id ? fresh : known)) });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.remove(id);
    }
  }

  #prepend(pictures: readonly Picture[]): void {
    if (pictures.length === 0) return;
    const state = this.current();
    const added = new Set(pictures.map(({ id }) => id));
    this.#pages = this.#pages.map((page, index) => (index === 0 ? { ...page, ids: [...added, ...page.ids] } : page));
    this.set({ ...state, pictures: [...pictures, ...state.pictures.filter(({ id }) => !added.has(id))] });
  }
}
