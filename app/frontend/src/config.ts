/**
 * What differs between environments. The bundle is built once and promoted, so the API's origin is not in it:
 * each environment's deployment writes /config.json beside index.html, e.g. {"apiOrigin": "https://api.example.org"}.
 */
export interface Config {
  /** "" means the page's own origin. */
  readonly apiOrigin: string;
}

const SAME_ORIGIN: Config = { apiOrigin: "" };

/**
 * Read /config.json. Where there is none, the API is on the page's own origin: a single-page site answers unknown
 * paths with index.html and 200, so anything that is not JSON also means "none".
 */
export async function loadConfig(): Promise<Config> {
  const response = await fetch("/config.json", { credentials: "same-origin" });
  if (response.status >= 500) throw new Error(`/config.json answered ${response.status}.`);
  if (!response.ok || !(response.headers.get("Content-Type") ?? "").includes("json")) return SAME_ORIGIN;
  return parseConfig(await response.json());
}

/** A wrong origin must not silently become another one: the page would talk to the wrong API. */
export function parseConfig(document: unknown): Config {
  const origin = typeof document === "object" && document !== null && "apiOrigin" in document ? document.apiOrigin : "";
  if (origin === "") return SAME_ORIGIN;
  if (typeof origin !== "string" || !URL.canParse(origin) || new URL(origin).origin !== origin) {
    throw new Error(`/config.json: apiOrigin is ${JSON.stringify(origin)}; write an origin such as "https://api.example.org".`);
  }
  return { apiOrigin: origin };
}
