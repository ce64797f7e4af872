import type { ReactNode } from "react";

interface NoticeProps {
  readonly title: string;
  readonly children?: ReactNode;
  /** Read out at once by screen readers. */
  readonly alert?: boolean;
}

/** A card in place of content: nothing here yet, or something went wrong. */
export function Notice({ title, children, alert = false }: NoticeProps) {
  return (
    <section className="notice" role={alert ? "alert" : undefined}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
