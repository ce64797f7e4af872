import { ApiError, UnreachableError } from "./errors";
import type { UploadTarget } from "./types";

interface Options {
  readonly signal: AbortSignal;
  /** Called with the part that has been sent, 0 to 1. */
  readonly onProgress: (part: number) => void;
}

const SENTENCES: Readonly<Record<string, string>> = {
  AccessDenied: "The permission to upload has run out. Please try again.",
  EntityTooLarge: "That file is too large.",
  EntityTooSmall: "That file is empty.",
  InvalidPolicyDocument: "The permission to upload has run out. Please try again.",
};

/** S3 answers in XML with a code of its own. */
function refusal(status: number, answer: string): ApiError {
  const code = /<Code>(\w+)<\/Code>/.exec(answer)?.[1] ?? "";
  return new ApiError(status, SENTENCES[code] ?? `The storage did not take the file (error ${status}). Please try again.`);
}

/** Send a file to the media bucket by presigned POST. XMLHttpRequest, because fetch reports no upload progress. */
export function sendFile(target: UploadTarget, file: File, { signal, onProgress }: Options): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(target.fields)) form.append(name, value);
  form.append("file", file); // S3 ignores every field after the file.

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const finish = (settle: () => void) => () => {
      signal.removeEventListener("abort", abort);
      settle();
    };
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", finish(() => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(refusal(request.status, request.responseText));
    }));
    request.addEventListener("error", finish(() => reject(new UnreachableError("The media bucket got no answer through."))));
    request.addEventListener("abort", finish(() => reject(new DOMException("Aborted", "AbortError"))));
    if (signal.aborted) {
      reject(new DOMException("Aborted", "AbortError"));
      return;
    }
    signal.addEventListener("abort", abort);
    request.open("POST", target.url);
    request.send(form);
  });
}
