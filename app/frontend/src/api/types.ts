/**
 * The API's contract as this client reads it. Every answer passes through a decoder here, so a change of the
 * API shows up as one ContractError that names the field instead of `undefined` somewhere on the page.
 */
import { ContractError } from "./errors";

export interface Session {
  readonly user: User | null;
  readonly csrfToken: string;
  /** Whether visitors may make their own account. */
  readonly signUp: boolean;
}

export interface User {
  readonly username: string;
}

export type Status = "processing" | "ready" | "failed";

export interface Thumbnails {
  readonly small: string;
  readonly large: string;
}

export interface Picture {
  readonly id: string;
  readonly title: string;
  readonly owner: string;
  readonly status: Status;
  /** Why it failed, in a sentence; empty otherwise. */
  readonly failure: string;
  readonly thumbnails: Thumbnails | null;
  readonly createdAt: string;
}

export interface PictureDetail extends Picture {
  readonly exif: readonly ExifEntry[];
}

export interface ExifEntry {
  readonly tag: string;
  readonly value: string;
}

export interface PicturePage {
  readonly results: readonly Picture[];
  /** Cursor of the next page; null on the last one. */
  readonly next: string | null;
}

/** A presigned POST: the browser sends the fields, then the file, to this address. */
export interface UploadTarget {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ContractError(`${what} is not an object.`);
}

function text(fields: Fields, key: string, what: string): string {
  const value = fields[key];
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new ContractError(`${what}.${key} is not text.`);
}

/** A user arrives as `{username}` or as the bare name. */
function userName(value: unknown, what: string): string {
  return typeof value === "string" ? value : text(fieldsOf(value, what), "username", what);
}

export function decodeSession(value: unknown): Session {
  const fields = fieldsOf(value, "session");
  const user = fields["user"];
  return {
    user: user === null || user === undefined ? null : { username: userName(user, "session.user") },
    csrfToken: text(fields, "csrfToken", "session"),
    signUp: fields["signUp"] === true,
  };
}

function decodeStatus(value: unknown): Status {
  if (value === "processing" || value === "ready" || value === "failed") return value;
  throw new ContractError(`picture.status is ${JSON.stringify(value)}.`);
}

function decodeThumbnails(value: unknown): Thumbnails | null {
  if (value === null || value === undefined) return null;
  const fields = fieldsOf(value, "picture.thumbnails");
  return { small: text(fields, "small", "thumbnails"), large: text(fields, "large", "thumbnails") };
}

export function decodePicture(value: unknown): Picture {
  const fields = fieldsOf(value, "picture");
  return {
    id: text(fields, "id", "picture"),
    title: text(fields, "title", "picture"),
    owner: userName(fields["owner"], "picture.owner"),
    status: decodeStatus(fields["status"]),
    failure: typeof fields["failure"] === "string" ? fields["failure"] : "",
    thumbnails: decodeThumbnails(fields["thumbnails"]),
    createdAt: text(fields, "created_at", "picture"),
  };
}

function printed(value: unknown): string {
  if (Array.isArray(value)) return value.map(printed).filter(Boolean).join(", ");
  if (typeof value === "string") return value.trim();
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return "";
}

/** EXIF arrives as a mapping of tags, possibly grouped; it becomes a flat list without empty values. */
export function decodeExif(value: unknown): ExifEntry[] {
  if (value === null || value === undefined) return [];
  return Object.entries(fieldsOf(value, "picture.exif")).flatMap(([tag, inner]) => {
    if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) return decodeExif(inner);
    const shown = printed(inner);
    return shown === "" ? [] : [{ tag, value: shown }];
  });
}

export function decodePictureDetail(value: unknown): PictureDetail {
  return { ...decodePicture(value), exif: decodeExif(fieldsOf(value, "picture")["exif"]) };
}

/** `next` is a cursor or, as Django REST framework's pagination has it, the next page's address. */
function decodeNext(value: unknown): string | null {
  if (typeof value !== "string" || value === "") return null;
  return /^https?:|^\//.test(value) ? new URL(value, "https://any.invalid").searchParams.get("cursor") : value;
}

export function decodePicturePage(value: unknown): PicturePage {
  const fields = fieldsOf(value, "pictures");
  const results = fields["results"];
  if (!Array.isArray(results)) throw new ContractError("pictures.results is not a list.");
  return { results: results.map(decodePicture), next: decodeNext(fields["next"]) };
}

export function decodeUpload(value: unknown): { picture: Picture; upload: UploadTarget } {
  const fields = fieldsOf(value, "new picture");
  const upload = fieldsOf(fields["upload"], "upload");
  const form = fieldsOf(upload["fields"], "upload.fields");
  return {
    picture: decodePicture(fields["picture"]),
    upload: {
      url: text(upload, "url", "upload"),
      fields: Object.fromEntries(Object.keys(form).map((key) => [key, text(form, key, "upload.fields")])),
    },
  };
}
