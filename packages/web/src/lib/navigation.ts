import { useEffect, useState, useTransition } from 'react';

/** A page that is slower than this to appear no longer holds the browser's scroll position. */
const SHOW_MS = 1_000;

/** Undefined in browsers that do not have it yet. */
function navigationApi(): Navigation | undefined {
  return window.navigation;
}

let leaving = false;
let pageIsShown = (): void => undefined;

/** Whether a navigation leads from one page of the app to another, so that no document has to be loaded for it. */
function isOurs(event: NavigateEvent): boolean {
  if (leaving || !event.canIntercept || event.hashChange || event.downloadRequest !== null || event.formData !== null)
    return false;
  const { pathname } = new URL(event.destination.url);
  return event.navigationType !== 'reload' && !pathname.startsWith('/api/');
}

/**
 * Turns the plain links of the app into changes of page within the document, by the browser's Navigation API: history,
 * modifier keys and scroll positions stay the browser's own. A browser without it loads each page anew, which the
 * server serves just as well.
 */
export function interceptNavigation(): void {
  navigationApi()?.addEventListener('navigate', (event) => {
    if (!isOurs(event)) return;
    const shown = new Promise<void>((resolve) => {
      pageIsShown = resolve;
      setTimeout(resolve, SHOW_MS);
    });
    event.intercept({ focusReset: 'manual', handler: () => shown });
  });
}

/** Goes to a page; `replace` leaves no trace of the present one in the history. */
export function navigate(url: string, { replace = false } = {}): void {
  const navigation = navigationApi();
  if (navigation !== undefined) navigation.navigate(url, { history: replace ? 'replace' : 'auto' });
  else if (replace) window.location.replace(url);
  else window.location.assign(url);
}

/** Goes to a page in a new document, in the place of this one: nothing that is open or remembered here goes along. */
export function loadAnew(url: string): void {
  leaving = true;
  window.location.replace(url);
}

/** The path of the page to show. While the code of the next page loads (`isLeaving`), the one before stays. */
export function usePath(): { readonly path: string; readonly isLeaving: boolean } {
  const [path, setPath] = useState(window.location.pathname);
  const [isLeaving, startTransition] = useTransition();
  useEffect(() => {
    const navigation = navigationApi();
    if (navigation === undefined) return;
    const follow = () => startTransition(() => setPath(window.location.pathname));
    navigation.addEventListener('currententrychange', follow);
    return () => navigation.removeEventListener('currententrychange', follow);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new path means that its page has appeared
  useEffect(() => pageIsShown(), [path]);
  return { path, isLeaving };
}
