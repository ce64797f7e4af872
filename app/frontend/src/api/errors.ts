/** What the API (or the media bucket) answered when it refused a request. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    message: string,
    /** Sentences by field name, as Django REST framework reports invalid input. */
    readonly fields: Readonly<Record<string, readonly string[]>> = {},
  ) {
    super(message);
  }

  /** Sentences about one field, joined; undefined when it was fine. */
  about(field: string): string | undefined {
    return this.fields[field]?.join(" ");
  }
}

/** No answer at all: offline, the name does not resolve, or an answer without CORS headers. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** An answer that does not keep the contract in types.ts. */
export class ContractError extends Error {
  override readonly name = "ContractError";
}

export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

const SENTENCES: Readonly<Record<number, string>> = {
  401: "Please log in first.",
  403: "You are not allowed to do that.",
  404: "That is not here (any more).",
  413: "That file is too large.",
  429: "That was a lot at once. Please wait a moment and try again.",
  503: "The gallery is still waking up. Please try again in a minute.",
};

export function sentenceForStatus(status: number): string {
  return SENTENCES[status] ?? `The gallery could not do that (error ${status}). Please try again.`;
}

/** One sentence that a visitor can act on. */
export function sentenceFor(error: unknown): string {
  if (error instanceof ApiError) return error.message;
  if (error instanceof UnreachableError) return "The gallery can't be reached. Check your connection and try again.";
  return "Something went wrong. Please try again.";
}

function sentences(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(sentences);
  return [];
}

/** Read Django REST framework's error bodies: `{detail}` or `{field: [sentence]}`; anything else becomes a general sentence. */
export function errorFrom(status: number, body: unknown): ApiError {
  const fields: Record<string, string[]> = {};
  let message = "";
  if (typeof body === "object" && body !== null && !Array.isArray(body)) {
    for (const [key, value] of Object.entries(body)) {
      const found = sentences(value);
      if (found.length === 0) continue;
      if (key === "detail" || key === "non_field_errors") message = found.join(" ");
      else fields[key] = found;
    }
  }
  if (message === "" && status === 400 && Object.keys(fields).length > 0) message = "Please check what is marked below.";
  // The framework's own words for "nobody is logged in", and a server error's text, are for developers.
  if (message.startsWith("Authentication credentials")) message = sentenceForStatus(401);
  if (message === "" || status >= 500) message = sentenceForStatus(status);
  return new ApiError(status, message, fields);
}
