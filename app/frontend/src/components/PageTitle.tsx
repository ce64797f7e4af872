import { useEffect, useRef } from "react";

let pagesShown = 0;

/**
 * The page's heading. As no document is loaded when the address changes, the focus moves here, which makes screen
 * readers say where the visitor is; the first page is left as the browser has it.
 */
export function PageTitle({ children }: { readonly children: string }) {
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    document.title = children === "Gallery" ? children : `${children} · Gallery`;
  }, [children]);

  useEffect(() => {
    pagesShown += 1;
    if (pagesShown > 1) heading.current?.focus({ preventScroll: true });
  }, []);

  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
