import { type RefObject, useEffect } from 'react';

/** What holds the focus when something within it that had it is gone, the nearest first. */
function keepersOf(element: Element, root: Element): readonly HTMLElement[] {
  const keepers: HTMLElement[] = [];
  for (let at = element.parentElement; at !== null && at !== root; at = at.parentElement) {
    if (at.tabIndex === -1 && at.hasAttribute('tabindex')) keepers.push(at);
  }
  return keepers;
}

/**
 * Buttons disappear when they have done their work, and a browser then drops the focus to the page's beginning: it goes
 * to what they stood in instead, or to where the next words are written. On a phone the latter would open the keyboard.
 */
export function useKeptFocus(root: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const page = root.current;
    if (page === null) return;
    let last: { readonly element: Element; readonly keepers: readonly HTMLElement[] } | undefined;
    const onFocus = ({ target }: FocusEvent) => {
      if (target instanceof Element) last = { element: target, keepers: keepersOf(target, page) };
    };
    const onBlur = ({ target }: FocusEvent) => {
      // Whoever presses beside it leaves it. One that is switched off, or about to be taken away, is left by nobody.
      queueMicrotask(() => {
        if (target instanceof Element && target === last?.element && target.isConnected && !target.matches(':disabled'))
          last = undefined;
      });
    };
    const keep = () => {
      if (last === undefined || last.element.isConnected || document.activeElement !== document.body) return;
      const keeper = last.keepers.find(({ isConnected }) => isConnected);
      last = undefined;
      if (keeper !== undefined) keeper.focus({ preventScroll: true });
      else if (window.matchMedia('(pointer: fine)').matches)
        page.querySelector<HTMLElement>('textarea[name=message]')?.focus({ preventScroll: true });
    };
    const watched = new MutationObserver(keep);
    watched.observe(page, { childList: true, subtree: true });
    page.addEventListener('focusin', onFocus);
    page.addEventListener('focusout', onBlur);
    return () => {
      watched.disconnect();
      page.removeEventListener('focusin', onFocus);
      page.removeEventListener('focusout', onBlur);
    };
  }, [root]);
}
