import type { ReactNode } from 'react';

/** A chapter of the page, reachable by `#id`. */
export function Section({
  id,
  title,
  body,
  children,
}: {
  id: string;
  title: string;
  body?: string;
  children: ReactNode;
}) {
  return (
    <section aria-labelledby={id} className="mb-12">
      <h2 id={id} className="mb-2 scroll-mt-6 font-semibold text-h2">
        {title}
      </h2>
      {body !== undefined && <p className="mb-5 max-w-2xl text-muted">{body}</p>}
      {children}
    </section>
  );
}
