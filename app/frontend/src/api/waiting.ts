import { Store } from "../store";

/**
 * Why the page is waiting, for whoever shows it. Staging's database pauses when nobody comes: the first visitor
 * gets 503 with Retry-After for half a minute, and should see a friendly sentence and not an error.
 */
export type Reason = "waking" | "unreachable";

export interface Wait {
  readonly reason: Reason;
  /** When the next try happens, in milliseconds since the epoch. */
  readonly until: number;
}

/** The wait that ends first, or null. */
export class Waiting extends Store<Wait | null> {
  readonly #waits = new Map<symbol, Wait & { readonly end: () => void }>();

  constructor() {
    super(null);
  }

  /** Every waiting request tries again now. */
  readonly skip = (): void => {
    for (const wait of [...this.#waits.values()]) wait.end();
  };

  /** Sleep and be seen sleeping. Rejects with AbortError when the signal fires. */
  sleep(reason: Reason, milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const key = Symbol(reason);
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        this.#waits.delete(key);
        this.#publish();
        settle();
      };
      const abort = () => finish(() => reject(new DOMException("Aborted", "AbortError")));
      const end = () => finish(resolve);
      const timer = setTimeout(end, milliseconds);
      this.#waits.set(key, { reason, until: Date.now() + milliseconds, end });
      if (signal?.aborted === true) abort();
      else {
        signal?.addEventListener("abort", abort);
        this.#publish();
      }
    });
  }

  #publish(): void {
    const first = [...this.#waits.values()].sort((a, b) => a.until - b.until)[0];
    this.set(first === undefined ? null : { reason: first.reason, until: first.until });
  }
}
