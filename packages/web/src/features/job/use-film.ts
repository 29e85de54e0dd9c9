import { useEffect, useState } from 'react';
import type { Frame } from './frames.ts';

/** A replay lasts about this long, however many frames it has. */
const REPLAY_MS = 4_000;
const SLOWEST_MS = 400;
const FASTEST_MS = 50;

/** A replay should not wait for its frames one by one. */
function preload(frames: readonly Frame[]): void {
  for (const { url } of frames) new Image().src = url;
}

/** Plays a job's frames: which one is shown (`seq`; undefined: the newest), and the controls. */
export function useFilm(frames: readonly Frame[]) {
  const [seq, setSeq] = useState<number>();
  const [playing, setPlaying] = useState(false);
  const last = frames.length - 1;
  const found = frames.findIndex((frame) => frame.seq === seq);
  const index = found === -1 ? last : found;

  const show = (next: number) => setSeq(next >= last ? undefined : frames[next]?.seq);

  useEffect(() => {
    if (!playing) return;
    const pace = Math.min(SLOWEST_MS, Math.max(FASTEST_MS, REPLAY_MS / frames.length));
    const timer = setTimeout(() => {
      const next = index + 1;
      setSeq(next >= frames.length - 1 ? undefined : frames[next]?.seq);
      if (next >= frames.length - 1) setPlaying(false);
    }, pace);
    return () => clearTimeout(timer);
  }, [playing, index, frames]);

  return {
    index,
    playing,
    /** Pauses on the frame at `next`. */
    scrub(next: number) {
      setPlaying(false);
      show(next);
    },
    toggle() {
      if (!playing) preload(frames);
      if (!playing && index >= last) show(0);
      setPlaying(!playing);
    },
    /** Shows the preview of an event, or the newest picture. */
    pin(next: number | undefined) {
      setPlaying(false);
      setSeq(next);
    },
    /** The event whose picture is shown; undefined: the newest. */
    seq,
  };
}

export type Film = ReturnType<typeof useFilm>;
