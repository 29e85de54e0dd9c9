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

const MOST = 3;
let nextId = 1;

export const useToasts = create<Toasts>()((set) => ({
  toasts: [],
  dismiss: (id) => set(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) })),
}));

/** Shows a short message, whatever page is open; the toaster removes it after a few seconds. */
export function toast(message: Omit<Toast, 'id'>): void {
  const id = nextId++;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts, { ...message, id }].slice(-MOST) }));
}
