import type { Job } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { setUpCore } from '../testing/core.ts';
import { createManualProvider } from '../testing/manual-provider.ts';
import { recordOf, sampleJob } from '../testing/sample-job.ts';
import { enqueue, toEntry } from './enqueue.ts';

async function setUp(fields: Partial<Job> = {}) {
  const providers = ['one', 'two'].map((name) => createManualProvider({ name, capabilities: { resume: true } }));
  const core = await setUpCore({ providers });
  const record = recordOf(await core.log.create(sampleJob({ ...fields, lastEventSeq: 0 }), 'epoch-1'));
  const jobId = record.job.id;
  const job = async () => (await core.store.readJob(jobId))?.job;
  return { ...core, record, jobId, job };
}

describe('toEntry', () => {
  it.each<[string, Partial<Job>, string[]]>([
    ['all that can do it', {}, ['one', 'two']],
    ['the one that was named', { options: { provider: 'two' } }, ['two']],
    ['those that have not failed', { tried: ['one'] }, ['two']],
    ['the one that was left with its work', { provider: 'two', upstreamId: 'u-1' }, ['two']],
  ])('[R8] names %s', async (_which, fields, backends) => {
    const { record, jobId, job, ...core } = await setUp(fields);
    expect(await toEntry(core, record)).toEqual({ jobId, ticket: record.ticket, backends });
    expect(await job()).toEqual(record.job);
  });

  it.each<[string, Partial<Job>, string]>([
    ['no backend can do', { options: { provider: 'three' } }, 'There is no backend “three”.'],
    ['every backend has failed', { tried: ['two', 'one'] }, 'Every backend that can do this has failed.'],
  ])('[A5] fails a job that %s, for good', async (_which, fields, message) => {
    const { record, job, ...core } = await setUp(fields);
    expect(await toEntry(core, record)).toBeUndefined();
    expect(await job()).toMatchObject({
      status: 'failed',
      error: { code: 'PROVIDER_REJECTED', message, retryable: false },
    });
  });
});

describe('enqueue', () => {
  it('puts a waiting job in line, once', async () => {
    const { record, jobId, ...core } = await setUp();
    await enqueue(core, record);
    await enqueue(core, record);
    expect([...(await core.queue.places())]).toEqual([[jobId, 1]]);
  });

  it('puts a job that fails instead nowhere', async () => {
    const { record, ...core } = await setUp({ tried: ['one', 'two'] });
    await enqueue(core, record);
    expect(await core.queue.size()).toBe(0);
  });
});
