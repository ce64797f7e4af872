import { useEffect, useEffectEvent } from "react";

import { isAborted } from "../api/errors";

const FIRST_MILLISECONDS = 1_000;
const LONGEST_MILLISECONDS = 15_000;

/**
 * Ask again while `active`: soon at first, as most thumbnails take a second, then ever more rarely, as a worker
 * that has to be started takes minutes; and not at all while nobody looks at the page. A failure is a longer wait.
 */
export function usePolling(active: boolean, poll: (signal: AbortSignal) => Promise<void>): void {
  const ask = useEffectEvent(poll);
  useEffect(() => {
    if (!active) return;
    const controller = new AbortController();
    const { signal } = controller;
    let delay = FIRST_MILLISECONDS;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const schedule = () => {
      clearTimeout(timer);
      if (!document.hidden && !signal.aborted) timer = setTimeout(() => void tick(), delay);
    };
    const tick = async () => {
      timer = undefined;
      delay = Math.min(delay * 1.5, LONGEST_MILLISECONDS);
      document.removeEventListener("visibilitychange", schedule);
      try {
        await ask(signal);
      } catch (error) {
        if (isAborted(error)) return;
        delay = LONGEST_MILLISECONDS;
      }
      if (signal.aborted) return;
      document.addEventListener("visibilitychange", schedule);
      schedule();
    };

    document.addEventListener("visibilitychange", schedule);
    schedule();
    return () => {
      controller.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", schedule);
    };
  }, [active]);
}
