import { USER_META } from '@darkroom/protocol';

/** The name under which the reader of this page is signed in, as the server wrote it into the page; undefined: nobody is. */
export function userName(): string | undefined {
  const name = document.head.querySelector(`meta[name="${USER_META}"]`)?.getAttribute('content');
  return name ?? undefined;
}
