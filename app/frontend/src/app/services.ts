import { createContext, useContext } from "react";

import { Api } from "../api/client";
import type { Session } from "../api/types";
import type { Config } from "../config";
import { useStore } from "../store";
import { Announcements } from "./announcements";
import { Gallery } from "./gallery";
import { Sessions, type SessionState } from "./sessions";

/** What outlives a page. */
export interface Services {
  readonly api: Api;
  readonly announcements: Announcements;
  readonly gallery: Gallery;
  readonly sessions: Sessions;
}

export function servicesFor(config: Config): Services {
  const api = new Api(config.apiOrigin);
  const gallery = new Gallery(api);
  return { api, gallery, announcements: new Announcements(), sessions: new Sessions(api, () => gallery.reset()) };
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === null) throw new Error("useServices is called outside ServicesContext.");
  return services;
}

export function useSessionState(): SessionState {
  return useStore(useServices().sessions);
}

/** The session once it is known; null before. */
export function useSession(): Session | null {
  const state = useSessionState();
  return state.phase === "known" ? state.session : null;
}
