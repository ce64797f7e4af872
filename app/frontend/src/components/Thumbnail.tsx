import { useRef, useState } from "react";

import type { Status } from "../api/types";

interface ThumbnailProps {
  readonly source: string | undefined;
  readonly status: Status;
  readonly alt: string;
  /** Called once when the picture does not load, as signed addresses run out. */
  readonly onStale: () => void;
}

/** A picture, or the space it will fill. */
export function Thumbnail({ source, status, alt, onStale }: ThumbnailProps) {
  const [broken, setBroken] = useState<string | null>(null);
  const renewed = useRef(false);

  const fail = (address: string) => {
    setBroken(address);
    if (renewed.current) return;
    renewed.current = true;
    onStale();
  };

  if (source !== undefined && source !== broken) {
    return (
      <span className="thumbnail">
        <img src={source} alt={alt} loading="lazy" decoding="async" onError={() => fail(source)} />
      </span>
    );
  }
  return (
    <span className="thumbnail" data-placeholder={status === "failed" || source !== undefined ? "broken" : "busy"}>
      <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <circle cx="21.5" cy="11" r="3" />
        <path d="M5 25 12.5 13.5 18 21.5 21 18 27 25Z" />
      </svg>
    </span>
  );
}
