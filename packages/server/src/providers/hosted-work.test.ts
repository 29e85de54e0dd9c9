import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { GenerateRequest, Update } from '../provider.ts';
import { ProviderError } from '../provider-error.ts';
import { type HostedService, type HostedState, HostedWork, WorkEnded, WorkLost } from './hosted-work.ts';

const REQUEST: GenerateRequest = {
  prompt: 'a boat',
  negativePrompt: undefined,
  size: 512,
  steps: 20,
  cfg: undefined,
  sampler: undefined,
  model: undefined,
  style: undefined,
  seed: 9,
  input: undefined,
};

const DONE: HostedState = { kind: 'done', picture: 'https://x/1' };
const bar = (percent: number): HostedState => ({ kind: 'running', log: ` ${percent}%|███   | ${percent}/100 [00:01]` });

/** A service that says these things, one after the other, the last again and again. */
class ScriptedService implements HostedService<string> {
  readonly calls: string[] = [];
  readonly #script: (HostedState | Error)[];

  constructor(...script: (HostedState | Error)[]) {
    this.#script = script;
  }

  async prepare(): Promise<string> {
    return 'input';
  }

  async submit(_input: string, _signal: AbortSignal): Promise<string> {
    this.calls.push('submit');
    return 'id';
  }

  async read(id: string): Promise<HostedState> {
    this.calls.push(`read ${id}`);
    const next = (this.#script.length > 1 ? this.#script.shift() : this.#script[0]) ?? DONE;
    if (next instanceof Error) throw next;
    return next;
  }

  async download(): ReturnType<HostedService<string>['download']> {
    return { bytes: new Uint8Array([1]), type: 'image/png' };
  }

  async cancel(id: string): Promise<void> {
    this.calls.push(`cancel ${id}`);
  }
}

async function updatesOf(
  service: ScriptedService,
  resume?: string,
  outageMs = Number.POSITIVE_INFINITY,
): Promise<Update[]> {
  const updates: Update[] = [];
  const context = { signal: new AbortController().signal, ...(resume !== undefined && { resume }) };
  const work = new HostedWork(service, { pollMs: 1, outageMs });
  for await (const update of work.generate(REQUEST, context)) updates.push(update);
  return updates;
}

describe('HostedWork', () => {
  it('tells places and bars once each, never falling, and ends a second wait as well', async () => {
    const waiting = (position: number): HostedState => ({ kind: 'waiting', position });
    const script = [waiting(2), waiting(2), waiting(1), bar(40), bar(30), bar(100), waiting(1), bar(10), DONE];
    const updates = await updatesOf(new ScriptedService(...script));
    expect(updates).toEqual([
      { type: 'accepted', upstreamId: 'id' },
      { type: 'waiting', position: 2 },
      { type: 'waiting', position: 1 },
      { type: 'progress', percent: 40, step: 40, steps: 100 },
      { type: 'progress', percent: 99, step: 100, steps: 100 },
      { type: 'waiting', position: 1 },
      { type: 'progress', percent: 99 },
      { type: 'image', image: { bytes: new Uint8Array([1]), type: 'image/png' } },
    ]);
  });

  it('asks again while the service is out of order, however often it throttles', async () => {
    const throttled = new ProviderError('PROVIDER_RATE_LIMIT');
    const service = new ScriptedService(new ProviderError('SERVER_ERROR'), throttled, throttled, DONE);
    expect((await updatesOf(service)).at(-1)).toMatchObject({ type: 'image' });
    expect(service.calls.filter((call) => call === 'submit')).toHaveLength(1);
  });

  it('gives up after the outage, and at once where asking again is of no use: the work may still run', async () => {
    const away = new ScriptedService(new ProviderError('NETWORK_DISCONNECTED'));
    await expect(updatesOf(away, undefined, 0)).rejects.toMatchObject({
      code: 'NETWORK_DISCONNECTED',
      mayStillRun: true,
    });
    const revoked = new ScriptedService(new ProviderError('PROVIDER_REJECTED'));
    await expect(updatesOf(revoked)).rejects.toMatchObject({ code: 'PROVIDER_REJECTED', mayStillRun: true });
    expect(revoked.calls).toEqual(['submit', 'read id']);
  });

  it('the service’s last word is not doubted', async () => {
    const service = new ScriptedService(new WorkEnded('PROVIDER_REJECTED'));
    await expect(updatesOf(service)).rejects.toMatchObject({ mayStillRun: false });
    expect(service.calls).toEqual(['submit', 'read id']);
  });

  it('a loss is believed when it resumes, and doubted of what was submitted a moment ago', async () => {
    const lost = new WorkLost('Gone.');
    await expect(updatesOf(new ScriptedService(lost), 'old')).rejects.toBe(lost);
    expect((await updatesOf(new ScriptedService(lost, lost, DONE))).at(-1)).toMatchObject({ type: 'image' });
    await expect(updatesOf(new ScriptedService(lost), undefined, 0)).rejects.toMatchObject({
      retryable: true,
      mayStillRun: true,
    });
  });

  it('aborted: it cancels, and waits for the word that it has ended', async () => {
    const service = new ScriptedService(bar(10), bar(10), bar(10), bar(10), new WorkEnded('PROVIDER_TIMEOUT'));
    const stop = new AbortController();
    const work = new HostedWork(service, { pollMs: 1 });
    const reason = new Error('no longer wanted');
    const running = (async () => {
      for await (const { type } of work.generate(REQUEST, { signal: stop.signal }))
        if (type === 'progress') stop.abort(reason);
    })();
    await expect(running).rejects.toBe(reason);
    expect(service.calls).toEqual(['submit', 'read id', 'cancel id', 'read id', 'read id', 'read id', 'read id']);
  });

  it('a submission that never answers is let go of, soon after the signal', async () => {
    const service = new ScriptedService();
    const submitted = Promise.withResolvers<void>();
    service.submit = async (_input, signal) => {
      submitted.resolve();
      await once(signal, 'abort');
      throw signal.reason;
    };
    const stop = new AbortController();
    const work = new HostedWork(service, { submitGraceMs: 1 });
    const first = work.generate(REQUEST, { signal: stop.signal }).next();
    await submitted.promise;
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(service.calls).toEqual([]);
  });
});
