import { type MouseEvent, type ReactNode, useSyncExternalStore } from "react";

/** Five addresses need no library: the browser's history, one link component, one table of routes in App.tsx. */
const MOVED = "gallery:moved";

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(MOVED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(MOVED, listener);
  };
}

/** The address as "/path?query"; text, so that the same address is the same value. */
function current(): string {
  return window.location.pathname + window.location.search;
}

export function useAddress(): URL {
  return new URL(useSyncExternalStore(subscribe, current), window.location.origin);
}

export function navigate(to: string, { replace = false } = {}): void {
  if (replace) window.history.replaceState(null, "", to);
  else window.history.pushState(null, "", to);
  window.dispatchEvent(new Event(MOVED));
  // The browser puts the scroll position back itself when the visitor goes back.
  window.scrollTo(0, 0);
}

interface LinkProps {
  readonly to: string;
  readonly className?: string;
  readonly current?: boolean;
  readonly children: ReactNode;
}

export function Link({ to, className, current = false, children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (elsewhere || event.defaultPrevented) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={to} className={className} aria-current={current ? "page" : undefined} onClick={follow}>
      {children}
    </a>
  );
}

export function logInAddress(next: string): string {
  return `/login?${new URLSearchParams({ next }).toString()}`;
}

/** Where to go after log-in: a path of this site, whatever the query says. */
export function nextOf(address: URL): string {
  const next = address.searchParams.get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}
