import { type DragEvent, useEffect, useState } from 'react';

const isPicture = (file: File) => file.type.startsWith('image/');

/** The picture among what was pasted, unless it is a text that happens to bring a picture of itself along. */
function pasted(data: DataTransfer | null): File | undefined {
  if (data === null || data.types.includes('text/plain')) return undefined;
  return [...data.files].find(isPicture);
}

/** Calls back with every picture that is pasted anywhere on the page, or dropped on what the handlers are put on. */
export function useGivenPicture(onPicture: (file: File) => void) {
  const [dragging, setDragging] = useState(false);

  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const file = pasted(event.clipboardData);
      if (file === undefined) return;
      event.preventDefault();
      onPicture(file);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [onPicture]);

  const handlers = {
    onDragOver(event: DragEvent) {
      if (!event.dataTransfer.types.includes('Files')) return;
      event.preventDefault();
      setDragging(true);
    },
    onDragLeave(event: DragEvent) {
      const to = event.relatedTarget;
      if (!(to instanceof Node && event.currentTarget.contains(to))) setDragging(false);
    },
    onDrop(event: DragEvent) {
      const [file] = event.dataTransfer.files;
      setDragging(false);
      if (file === undefined) return;
      event.preventDefault();
      onPicture(file);
    },
  };
  return { dragging, handlers };
}
