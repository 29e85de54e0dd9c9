// @vitest-environment happy-dom
import { act, createElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DarkroomClient } from './client.ts';
import { DarkroomProvider, useDarkroom, useJob } from './react.ts';
import { UNWATCHED } from './unwatched.ts';
import type { JobWatch, WatchState } from './watch-state.ts';

/** A watch whose state a test sets. */
class ScriptedWatch implements JobWatch {
  state: WatchState = { ...UNWATCHED, phase: 'connecting' };
  closed = false;
  readonly calls: string[] = [];
  readonly jobId: string;
  readonly #listeners = new Set<() => void>();

  constructor(jobId: string) {
    this.jobId = jobId;
  }

  set(patch: Partial<WatchState>): void {
    this.state = { ...this.state, ...patch };
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  getSnapshot(): WatchState {
    return this.state;
  }

  reconnect(): void {
    this.calls.push('reconnect');
  }

  switchToPolling(): void {
    this.calls.push('switchToPolling');
  }

  close(): void {
    this.closed = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<never> {}
}

let watches: ScriptedWatch[];
let client: DarkroomClient;
const unused = () => Promise.reject(new Error('not part of this test'));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  watches = [];
  const watchJob = (jobId: string) => {
    const watch = new ScriptedWatch(jobId);
    watches.push(watch);
    return watch;
  };
  client = {
    watchJob,
    ask: unused,
    learnJob: () => {},
    onConversation: () => () => {},
    createJob: unused,
    getJob: unused,
    listJobs: unused,
    retryJob: unused,
    cancelJob: unused,
    cancelMyJobs: unused,
    moveJob: unused,
    onJob: () => () => {},
    health: unused,
    listProviders: unused,
    close: () => {},
  };
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function Phase({ jobId }: { readonly jobId: string }) {
  const job = useJob(jobId);
  return createElement(
    'button',
    { type: 'button', onClick: job.switchToPolling, onDoubleClick: job.reconnect },
    `${jobId}:${job.phase} `,
  );
}

const page = (...jobIds: string[]) =>
  createElement(
    StrictMode,
    null,
    createElement(DarkroomProvider, { client }, ...jobIds.map((jobId, key) => createElement(Phase, { key, jobId }))),
  );

test('components that watch the same job share one watch, under StrictMode too', async () => {
  const container = document.createElement('div');
  const root = createRoot(container);
  await act(async () => root.render(page('a', 'a', 'b')));
  expect(watches.map(({ jobId }) => jobId)).toEqual(['a', 'b']);
  expect(container.textContent).toBe('a:connecting a:connecting b:connecting ');
  await act(async () => watches[0]?.set({ phase: 'live' }));
  expect(container.textContent).toBe('a:live a:live b:connecting ');
  container.querySelector('button')?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  await act(async () => root.render(page('b')));
  vi.advanceTimersByTime(1_000);
  expect(watches.map(({ closed }) => closed)).toEqual([true, false]);
  await act(async () => root.unmount());
  vi.advanceTimersByTime(1_000);
  expect(watches.map(({ closed }) => closed)).toEqual([true, true]);
});

test('a job that is left and watched again at once keeps its watch', async () => {
  const root = createRoot(document.createElement('div'));
  await act(async () => root.render(page('a')));
  await act(async () => root.render(page()));
  vi.advanceTimersByTime(200);
  await act(async () => root.render(page('a')));
  vi.advanceTimersByTime(5_000);
  expect(watches.map(({ closed }) => closed)).toEqual([false]);
  await act(async () => root.unmount());
});

test('the hooks steer the watch', async () => {
  const container = document.createElement('div');
  document.body.append(container);
  const root = createRoot(container);
  await act(async () => root.render(page('a')));
  const button = container.querySelector('button');
  button?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  button?.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
  expect(watches[0]?.calls).toEqual(['switchToPolling', 'reconnect']);
  await act(async () => root.unmount());
  container.remove();
});

test('on a server nothing is watched', () => {
  expect(renderToString(page('a'))).toContain('a:loading');
  expect(watches).toEqual([]);
});

function Lost() {
  return createElement('p', null, String(useDarkroom()));
}

test('without a provider the hooks say what is missing', () => {
  expect(() => renderToString(createElement(Lost))).toThrow('DarkroomProvider');
});
