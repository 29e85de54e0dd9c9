import { useEffect } from 'react';

function setMeta(name: string, content: string): void {
  const known = document.head.querySelector(`meta[name="${name}"]`);
  const tag = known ?? document.head.appendChild(document.createElement('meta'));
  tag.setAttribute('name', name);
  tag.setAttribute('content', content);
}

/** Keeps the tab's title and the page's description true while a page is shown; the server wrote those of the first one. */
export function usePageMeta(title: string, description: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => setMeta('description', description), [description]);
}
