import type { Job } from '@darkroom/protocol';
import { type PointerEvent, useRef, useState } from 'react';
import { moved } from './own-jobs.ts';

interface Drag {
  readonly jobId: string;
  readonly to: number;
}

/** Begins to drag a row. */
export type Grip = (event: PointerEvent<HTMLElement>) => void;

/** Lets rows be dragged by mouse, pen and finger: the list shows the new order at once and keeps it until the server's comes. */
export function useReorder(waiting: readonly Job[], onMove: (job: Job, to: number) => Promise<void>) {
  const list = useRef<HTMLOListElement>(null);
  const [drag, setDrag] = useState<Drag>();
  const [dropped, setDropped] = useState(false);
  const ids = waiting.map(({ id }) => id);

  const rowAt = (y: number) =>
    [...(list.current?.children ?? [])].findIndex((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return y >= top && y < bottom;
    });

  const drop = async () => {
    const job = waiting.find(({ id }) => id === drag?.jobId);
    if (dropped) return;
    if (drag !== undefined && job !== undefined && ids[drag.to] !== job.id) {
      setDropped(true);
      await onMove(job, drag.to);
      setDropped(false);
    }
    setDrag(undefined);
  };

  const grip =
    (jobId: string): Grip =>
    ({ button, pointerId }) => {
      if (button !== 0 || drag !== undefined) return;
      // The list has the pointer: a row that changes its place in the document would lose it.
      list.current?.setPointerCapture(pointerId);
      setDrag({ jobId, to: ids.indexOf(jobId) });
    };

  const dragging = {
    onPointerMove: ({ clientY }: PointerEvent<HTMLElement>) => {
      if (drag === undefined || dropped) return;
      const to = rowAt(clientY);
      if (to !== -1 && to !== drag.to) setDrag({ ...drag, to });
    },
    onPointerUp: () => void drop(),
    onPointerCancel: () => setDrag(undefined),
  };

  const order = drag === undefined || !ids.includes(drag.jobId) ? ids : moved(ids, drag.jobId, drag.to);
  const jobs = order.flatMap((id) => waiting.filter((job) => job.id === id));
  return { order: jobs, list: { ref: list, ...dragging }, grip, dragged: drag?.jobId };
}
