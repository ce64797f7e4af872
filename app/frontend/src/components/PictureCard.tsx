import type { Picture } from "../api/types";
import { Link } from "../app/router";
import { Thumbnail } from "./Thumbnail";

const STATUS: Readonly<Record<Picture["status"], string | null>> = {
  processing: "Being prepared…",
  ready: null,
  failed: "Could not be read",
};

interface CardProps {
  readonly picture: Picture;
  readonly onStale: (id: string) => void;
}

export function PictureCard({ picture, onStale }: CardProps) {
  const status = STATUS[picture.status];
  return (
    <li className="card" data-status={picture.status}>
      <Link to={`/pictures/${encodeURIComponent(picture.id)}`} className="card-link">
        <Thumbnail source={picture.thumbnails?.small} status={picture.status} alt="" onStale={() => onStale(picture.id)} />
        <span className="card-title">{picture.title}</span> <span className="card-owner">by {picture.owner}</span>{" "}
        {status !== null && <span className="card-status">{status}</span>}
      </Link>
    </li>
  );
}
