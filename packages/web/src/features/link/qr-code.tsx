import { encode } from 'uqr';

/** Empty squares around the code: readers need them. */
const BORDER = 4;

/** The dark squares as one path. */
function pathOf(rows: readonly (readonly boolean[])[]): string {
  return rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : []))).join('');
}

/** A text as a QR code. */
export function QrCode({ text, label }: { text: string; label: string }) {
  // A screen has no dirt on it that a code must bear: less correction, larger squares.
  const { data, size } = encode(text, { ecc: 'L', border: BORDER });
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-56 rounded-control bg-text fill-background"
    >
      <path d={pathOf(data)} />
    </svg>
  );
}
