import { useEffect, useState } from "react";

import type { Reason } from "../api/waiting";
import { useServices } from "../app/services";
import { useStore } from "../store";

const SENTENCES: Readonly<Record<Reason, string>> = {
  waking: "The gallery was asleep and is waking up. This takes half a minute or so; the page goes on by itself.",
  unreachable: "The gallery can't be reached at the moment. The page keeps trying by itself.",
};

/** Shown while requests wait for their next try. */
export function WaitingBanner() {
  const { waiting } = useServices().api;
  const wait = useStore(waiting);
  return (
    <div role="status">
      {wait !== null && (
        <div className="waiting">
          <span className="waiting-sun" aria-hidden="true" />
          <p>{SENTENCES[wait.reason]}</p>
          <button type="button" className="button button-quiet button-small" onClick={waiting.skip}>
            Try now
            <Countdown until={wait.until} />
          </button>
        </div>
      )}
    </div>
  );
}

/** Not for screen readers: a status that changes each second would be read each second. */
function Countdown({ until }: { readonly until: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className="waiting-seconds" aria-hidden="true">
      {Math.max(0, Math.ceil((until - now) / 1000))} s
    </span>
  );
}
