import type { Api } from "../api/client";
import { ApiError } from "../api/errors";
import type { Session } from "../api/types";
import { Store } from "../store";

export type SessionState =
  | { readonly phase: "loading" }
  | { readonly phase: "failed"; readonly error: unknown }
  | { readonly phase: "known"; readonly session: Session };

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Who is logged in. */
export class Sessions extends Store<SessionState> {
  readonly #api: Api;
  /** Called when another user (or nobody) is logged in now. */
  readonly #onChange: () => void;

  constructor(api: Api, onChange: () => void) {
    super({ phase: "loading" });
    this.#api = api;
    this.#onChange = onChange;
  }

  async load(): Promise<void> {
    this.set({ phase: "loading" });
    try {
      this.set({ phase: "known", session: await this.#api.session() });
    } catch (error) {
      this.set({ phase: "failed", error });
    }
  }

  async logIn(credentials: Credentials): Promise<void> {
    this.#changed(await this.#api.logIn(credentials));
  }

  async signUp(credentials: Credentials): Promise<void> {
    this.#changed(await this.#api.signUp(credentials));
  }

  async logOut(): Promise<void> {
    this.#changed(await this.#api.logOut());
  }

  /** After a refusal: the session may have ended elsewhere, then the page should say so. */
  async recheck(error: unknown): Promise<void> {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) this.#changed(await this.#api.session());
  }

  #changed(session: Session): void {
    this.set({ phase: "known", session });
    this.#onChange();
  }
}
