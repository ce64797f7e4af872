import { useEffect, useState } from "react";

import { ApiError, isAborted, sentenceFor } from "../api/errors";
import type { Picture, PictureDetail } from "../api/types";
import { usePolling } from "../app/polling";
import { Link, navigate } from "../app/router";
import { useServices, useSession } from "../app/services";
import { ExifReport } from "../components/ExifReport";
import { FormError } from "../components/Field";
import { Notice } from "../components/Notice";
import { PageTitle } from "../components/PageTitle";
import { Thumbnail } from "../components/Thumbnail";

export function PicturePage({ id }: { readonly id: string }) {
  const { api, announcements, gallery } = useServices();
  const [detail, setDetail] = useState<PictureDetail | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [reading, setReading] = useState(1);
  const readAgain = () => setReading((count) => count + 1);

  useEffect(() => {
    const controller = new AbortController();
    api.picture(id, { signal: controller.signal }).then(
      (found) => {
        setDetail(found);
        setError(null);
      },
      (failure: unknown) => {
        if (!isAborted(failure)) setError(failure);
      },
    );
    return () => controller.abort();
  }, [api, id, reading]);

  usePolling(detail?.status === "processing", async (signal) => {
    const now = await api.picture(id, { signal });
    setDetail(now);
    if (now.status !== "processing") announcements.say(now.status === "ready" ? "The picture is ready." : "The picture could not be read.");
  });

  // What the front page knows already is shown at once.
  const picture: Picture | undefined = detail ?? gallery.find(id);

  if (error instanceof ApiError && error.status === 404) return <Gone />;
  if (picture === undefined && error !== null) {
    return (
      <>
        <PageTitle>Picture</PageTitle>
        <Notice title="The picture could not be loaded" alert>
          <p>{sentenceFor(error)}</p>
          <button type="button" className="button" onClick={readAgain}>
            Try again
          </button>
        </Notice>
      </>
    );
  }
  return (
    <article className="picture">
      <p className="back">
        <Link to="/">← All pictures</Link>
      </p>
      <figure className="picture-frame">
        <Thumbnail
          key={picture?.thumbnails?.large ?? "none"}
          source={picture?.thumbnails?.large}
          status={picture?.status ?? "processing"}
          alt={picture?.title ?? ""}
          onStale={readAgain}
        />
        {picture?.status === "processing" && <figcaption role="status">A worker is preparing this picture. It appears here by itself.</figcaption>}
        {picture?.status === "failed" && <figcaption>{picture.failure || "This file could not be read as a picture."}</figcaption>}
      </figure>
      <div className="picture-about">
        <PageTitle>{picture?.title ?? "Picture"}</PageTitle>
        {picture !== undefined && (
          <p className="quiet">
            by {picture.owner}, <Day at={picture.createdAt} />
          </p>
        )}
        {detail !== null && detail.status !== "processing" && (
          <section aria-labelledby="exif-title">
            <h2 id="exif-title">How it was taken</h2>
            <ExifReport entries={detail.exif} />
          </section>
        )}
        {picture !== undefined && <DeletePicture picture={picture} />}
      </div>
    </article>
  );
}

function Gone() {
  return (
    <div className="narrow">
      <PageTitle>This picture is gone</PageTitle>
      <p>
        It was deleted, or never was. <Link to="/">Go to the pictures.</Link>
      </p>
    </div>
  );
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

function Day({ at }: { readonly at: string }) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : <time dateTime={at}>{DAY.format(date)}</time>;
}

/** For the owner only; asks once more, in place. */
function DeletePicture({ picture }: { readonly picture: Picture }) {
  const { api, announcements, gallery, sessions } = useServices();
  const user = useSession()?.user ?? null;
  const [step, setStep] = useState<"closed" | "asking" | "deleting">("closed");
  const [failure, setFailure] = useState<string>();
  if (user?.username !== picture.owner) return null;

  const remove = async () => {
    setStep("deleting");
    setFailure(undefined);
    try {
      await api.deletePicture(picture.id);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) {
        setFailure(sentenceFor(error));
        setStep("asking");
        await sessions.recheck(error).catch(() => undefined);
        return;
      }
    }
    gallery.remove(picture.id);
    announcements.say(`${picture.title} is deleted.`);
    navigate("/", { replace: true });
  };

  if (step === "closed") {
    return (
      <button type="button" className="button button-quiet" onClick={() => setStep("asking")}>
        Delete
      </button>
    );
  }
  return (
    <div className="confirm" role="group" aria-label="Delete this picture">
      <p>Delete this picture for good?</p>
      <FormError>{failure}</FormError>
      <div className="actions">
        <button type="button" className="button button-danger" disabled={step === "deleting"} onClick={() => void remove()}>
          {step === "deleting" ? "Deleting…" : "Yes, delete"}
        </button>
        {/* The button that opened this is gone, and the harmless answer is the one to land on. */}
        {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
        <button type="button" className="button button-quiet" autoFocus disabled={step === "deleting"} onClick={() => setStep("closed")}>
          Keep it
        </button>
      </div>
    </div>
  );
}
