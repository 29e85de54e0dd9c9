import * as z from 'zod/mini';
import { WorkerBackend, type WorkerReport } from '../worker-store.ts';

const Backends = z.array(WorkerBackend);

export function toWorkerReport(row: { id: string; seen_at: number; backends: string }): WorkerReport {
  return { id: row.id, seenAt: Number(row.seen_at), backends: Backends.parse(JSON.parse(row.backends)) };
}
