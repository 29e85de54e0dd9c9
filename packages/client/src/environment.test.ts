// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { browserEnvironment, type EnvironmentSignal, nodeEnvironment } from './environment.ts';
import { recall, remember } from './session/memory.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('[C5] a wait beyond what a timer holds does not fire at once', () => {
  vi.useFakeTimers();
  const fired = vi.fn();
  nodeEnvironment().setTimer(fired, 2 ** 40);
  vi.advanceTimersByTime(2 ** 31 - 2);
  expect(fired).not.toHaveBeenCalled();
});

test('[C7] a page says when it is online, visible, put away and shown again', () => {
  const signals: EnvironmentSignal[] = [];
  const stop = browserEnvironment().listen((signal) => signals.push(signal));
  const persisted = (type: string, value: boolean) => Object.assign(new Event(type), { persisted: value });
  dispatchEvent(new Event('online'));
  document.dispatchEvent(new Event('visibilitychange'));
  dispatchEvent(persisted('pagehide', false));
  dispatchEvent(persisted('pagehide', true));
  dispatchEvent(persisted('pageshow', true));
  stop();
  dispatchEvent(new Event('online'));
  expect(signals).toEqual(['online', 'visible', 'pagehide', 'pageshow']);
});

test('[C8] what is remembered survives the page, and works where storage is forbidden', () => {
  remember(browserEnvironment().storage, { ws: 5, chosen: true });
  expect(recall(browserEnvironment().storage)).toEqual({ ws: 5, sse: undefined, chosen: true });
  vi.stubGlobal('sessionStorage', {
    getItem: () => {
      throw new DOMException('forbidden', 'SecurityError');
    },
    setItem: () => {
      throw new DOMException('forbidden', 'SecurityError');
    },
  });
  const { storage } = browserEnvironment();
  remember(storage, { sse: 7 });
  expect(recall(storage)).toEqual({ ws: undefined, sse: 7, chosen: undefined });
});

test('[C8] a memory that is damaged is none', () => {
  for (const value of ['{', 'null', '[]', '{"ws":"soon"}']) {
    expect(recall({ getItem: () => value, setItem: () => {} }).ws).toBeUndefined();
  }
});
