import { useEffect, useRef } from "react";

import { sentenceFor } from "../api/errors";
import { usePolling } from "../app/polling";
import { Link, logInAddress } from "../app/router";
import { useServices, useSession } from "../app/services";
import { Notice } from "../components/Notice";
import { PageTitle } from "../components/PageTitle";
import { PictureCard } from "../components/PictureCard";
import { useStore } from "../store";

export function GalleryPage() {
  const { announcements, gallery } = useServices();
  const { phase, pictures, hasMore, error } = useStore(gallery);
  const list = useRef<HTMLUListElement>(null);

  // "new" again after a log-in or log-out, which forgets what the other visitor saw.
  const fresh = phase === "new" && error === null;
  useEffect(() => void gallery.load(), [gallery, fresh]);

  const busy = pictures.filter(({ status }) => status === "processing").length;
  usePolling(busy > 0, (signal) => gallery.refresh(signal));

  const before = useRef(busy);
  useEffect(() => {
    if (busy < before.current) announcements.say(busy === 0 ? "All pictures are ready." : `${busy} pictures are still being prepared.`);
    before.current = busy;
  }, [announcements, busy]);

  const showMore = async () => {
    const shown = pictures.length;
    await gallery.loadMore();
    const now = gallery.current();
    if (now.error !== null) return;
    announcements.say(`${now.pictures.length - shown} more pictures.`);
    // The button is gone after the last page: without this, the keyboard would start at the top again.
    if (!now.hasMore) requestAnimationFrame(() => list.current?.querySelectorAll("a")[shown]?.focus());
  };

  return (
    <>
      <PageTitle>Pictures</PageTitle>
      {(phase === "loading" || fresh) && <Skeleton />}
      {error !== null && phase === "new" && (
        <Notice title="The pictures could not be loaded" alert>
          <p>{sentenceFor(error)}</p>
          <button type="button" className="button" onClick={() => void gallery.load()}>
            Try again
          </button>
        </Notice>
      )}
      {phase === "ready" && pictures.length === 0 && <Empty />}
      {pictures.length > 0 && (
        <ul className="grid" ref={list}>
          {pictures.map((picture) => (
            <PictureCard key={picture.id} picture={picture} onStale={(id) => void gallery.renewThumbnails(id).catch(() => undefined)} />
          ))}
        </ul>
      )}
      {hasMore && (
        <div className="more">
          {error !== null && <p role="alert">{sentenceFor(error)}</p>}
          <button type="button" className="button button-quiet" aria-disabled={phase === "loading-more"} onClick={() => void showMore()}>
            {phase === "loading-more" ? "Loading…" : "Show more"}
          </button>
        </div>
      )}
    </>
  );
}

function Empty() {
  const user = useSession()?.user ?? null;
  return (
    <Notice title="No pictures yet">
      <p>The first one makes all the difference.</p>
      {user === null ? (
        <Link to={logInAddress("/upload")} className="button">
          Log in to upload
        </Link>
      ) : (
        <Link to="/upload" className="button">
          Upload a picture
        </Link>
      )}
    </Notice>
  );
}

/** The grid's shape while the first page is on its way. */
function Skeleton() {
  return (
    <div className="grid" role="status">
      <span className="visually-hidden">Loading the pictures…</span>
      {Array.from({ length: 8 }, (_, index) => (
        <span key={index} className="thumbnail" data-placeholder="busy" aria-hidden="true" />
      ))}
    </div>
  );
}
