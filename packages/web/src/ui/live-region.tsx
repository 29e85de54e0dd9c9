/** Tells a screen reader what changed. Its text is the news; it must stay mounted for the news to be heard. */
export function LiveRegion({ text }: { text: string }) {
  return (
    <div role="status" aria-live="polite" aria-atomic="true" className="sr-only">
      {text}
    </div>
  );
}
