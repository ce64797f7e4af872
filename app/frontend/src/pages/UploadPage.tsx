import { type SubmitEvent, useEffect, useRef, useState } from "react";

import { ApiError, isAborted, sentenceFor } from "../api/errors";
import { sendFile } from "../api/upload";
import { Link, logInAddress, navigate } from "../app/router";
import { useServices, useSessionState } from "../app/services";
import { Field, FormError } from "../components/Field";
import { PageTitle } from "../components/PageTitle";
import { Preview } from "../components/Preview";

export function UploadPage() {
  const state = useSessionState();
  const anonymous = state.phase === "known" && state.session.user === null;
  return (
    <div className="narrow">
      <PageTitle>Upload a picture</PageTitle>
      {anonymous ? (
        <>
          <p>You need to be logged in for this.</p>
          <Link to={logInAddress("/upload")} className="button">
            Log in
          </Link>
        </>
      ) : (
        <UploadForm />
      )}
    </div>
  );
}

const NAMES = "JPEG, PNG, WebP or GIF";
/** Named one by one, as phones then turn their own formats into JPEG. */
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif"];
const WRONG_TYPE = `That is not a ${NAMES} picture.`;

/** What the form is doing; `part` is what has been sent, 0 to 1. */
type Step = { readonly name: "choosing" | "announcing" | "confirming" } | { readonly name: "sending"; readonly part: number };

/** "IMG_2041 sunset.jpeg" → "IMG 2041 sunset" */
export function titleFrom(filename: string): string {
  return filename.replace(/\.[^.]+$/, "").replaceAll("_", " ").trim();
}

function sizeOf(file: File): string {
  const megabytes = file.size / 1_000_000;
  return megabytes < 0.1 ? `${Math.ceil(file.size / 1000)} kB` : `${megabytes.toFixed(1)} MB`;
}

function UploadForm() {
  const { api, announcements, gallery, sessions } = useServices();
  const [file, setFile] = useState<File | null>(null);
  const [title, setTitle] = useState("");
  const [step, setStep] = useState<Step>({ name: "choosing" });
  const [error, setError] = useState<unknown>(null);
  const [fileError, setFileError] = useState<string>();
  const controller = useRef<AbortController | null>(null);
  const input = useRef<HTMLInputElement>(null);

  const busy = step.name !== "choosing";
  const submitter = useRef<HTMLButtonElement>(null);
  const wasBusy = useRef(false);
  useEffect(() => {
    // The button was replaced by the progress, which took the focus: give it back.
    if (wasBusy.current && !busy) submitter.current?.focus();
    wasBusy.current = busy;
  }, [busy]);

  // Leaving the page ends the upload.
  useEffect(() => () => controller.current?.abort(), []);

  const choose = (chosen: File | undefined) => {
    if (chosen === undefined) return;
    setError(null);
    setFileError(problemWith(chosen));
    setFile(chosen);
    if (title === "" || (file !== null && title === titleFrom(file.name))) setTitle(titleFrom(chosen.name));
  };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (step.name !== "choosing") return;
    const problem = file === null ? "Choose a picture first." : problemWith(file);
    setFileError(problem);
    if (file === null || problem !== undefined) {
      input.current?.focus();
      return;
    }
    controller.current = new AbortController();
    const { signal } = controller.current;
    let announced: string | undefined;
    setError(null);
    try {
      setStep({ name: "announcing" });
      const { picture, upload } = await api.addPicture(title.trim() || titleFrom(file.name), file, { signal });
      announced = picture.id;
      setStep({ name: "sending", part: 0 });
      await sendFile(upload, file, { signal, onProgress: (part) => setStep({ name: "sending", part }) });
      setStep({ name: "confirming" });
      await api.confirmPicture(picture.id, { signal });
      gallery.add(picture);
      announcements.say("The picture is uploaded and is being prepared.");
      navigate("/");
    } catch (failure) {
      setStep({ name: "choosing" });
      if (isAborted(failure)) announcements.say("The upload is cancelled.");
      else setError(failure);
      // The next try announces a new picture. Should this fail too, the nightly clean-up removes it.
      if (announced !== undefined) void api.deletePicture(announced).catch(() => undefined);
      await sessions.recheck(failure).catch(() => undefined);
    }
  };

  const about = (field: string) => (error instanceof ApiError ? error.about(field) : undefined);
  // The framework's sentences about these two ("not a valid choice", "less than or equal to 26214400") are for programs.
  const wrongType = about("content_type") === undefined ? undefined : WRONG_TYPE;
  const wrongSize = about("size") === undefined ? undefined : "That file is too large.";
  const wrongFile = fileError ?? about("filename") ?? wrongType ?? wrongSize;
  return (
    <form className="form" onSubmit={(event) => void submit(event)} noValidate>
      <FormError>{error === null ? undefined : sentenceFor(error)}</FormError>
      <div className="field">
        <div className="drop" data-chosen={file !== null || undefined}>
          {file !== null && wrongFile === undefined && <Preview file={file} />}
          <label htmlFor="upload-file">{file === null ? "Choose a picture, or drop one here" : "Choose another picture"}</label>
          <p id="upload-file-about" className="quiet">
            {file === null ? NAMES : `${file.name}, ${sizeOf(file)}`}
          </p>
          {/* It covers the whole area, so that the browser itself takes what is dropped there. */}
          <input
            ref={input}
            id="upload-file"
            type="file"
            accept={TYPES.join(",")}
            disabled={busy}
            aria-describedby={wrongFile === undefined ? "upload-file-about" : "upload-file-about upload-file-error"}
            aria-invalid={wrongFile !== undefined || undefined}
            onChange={(event) => choose(event.currentTarget.files?.[0])}
          />
        </div>
        {wrongFile !== undefined && (
          <p id="upload-file-error" className="field-error" role="alert">
            {wrongFile}
          </p>
        )}
      </div>
      <Field
        name="title"
        label="Title"
        value={title}
        maxLength={120}
        disabled={busy}
        error={about("title")}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      {busy ? (
        <Progress step={step} onCancel={() => controller.current?.abort()} />
      ) : (
        <button ref={submitter} type="submit" className="button">
          Upload
        </button>
      )}
    </form>
  );
}

function problemWith(file: File): string | undefined {
  if (!TYPES.includes(file.type)) return WRONG_TYPE;
  return file.size === 0 ? "That file is empty." : undefined;
}

function Progress({ step, onCancel }: { readonly step: Step; readonly onCancel: () => void }) {
  const percent = step.name === "sending" ? Math.floor(step.part * 100) : null;
  const label = percent !== null && percent < 100 ? `Uploading, ${percent} %` : step.name === "announcing" ? "Getting ready…" : "Almost done…";
  const area = useRef<HTMLDivElement>(null);
  useEffect(() => area.current?.focus(), []);
  return (
    <div ref={area} className="progress" tabIndex={-1}>
      <label htmlFor="upload-progress">{label}</label>
      {percent === null ? <progress id="upload-progress" /> : <progress id="upload-progress" max={100} value={percent} />}
      <button type="button" className="button button-quiet" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}
