import { create } from 'zustand';

export interface Toast {
  readonly id: number;
  readonly tone: 'success' | 'error';
  readonly title: string;
  readonly body?: string;
}

interface Toasts {
  readonly toasts: readonly Toast[];
  readonly dismiss: (id: number) => void;
}

const SHOWN_MS = { success: 4_000, error: 9_000 } as const;
const MOST = 3;
let nextId = 1;

export const useToasts = create<Toasts>()((set) => ({
  toasts: [],
  dismiss: (id) => set(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) })),
}));

/** Shows a short message for a few seconds, whatever page is open. */
export function toast(message: Omit<Toast, 'id'>): void {
  const id = nextId++;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts, { ...message, id }].slice(-MOST) }));
  setTimeout(() => useToasts.getState().dismiss(id), SHOWN_MS[message.tone]);
}
