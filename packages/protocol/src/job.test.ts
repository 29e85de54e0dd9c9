import { describe, expect, it } from 'vitest';
import { canCancel, canRetry, ImagePath, isFinal, Job, JobOptions, JobStatus, Position, ProgressEvent } from './job.ts';
import { LIMITS } from './limits.ts';

const job = (fields: Partial<Job>): Job => ({
  id: 'a'.repeat(22),
  status: 'queued',
  attempt: 1,
  maxAttempts: 3,
  prompt: 'a lighthouse',
  lastEventSeq: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...fields,
});

const retryable = { code: 'PROVIDER_TIMEOUT', message: 'Too slow.', retryable: true } as const;
const rejected = { code: 'PROVIDER_REJECTED', message: 'No.', retryable: false } as const;

/** Rule J4 and J3, spelled out: what each kind of job allows. */
const STANDINGS: readonly [string, Job, { retry: boolean; cancel: boolean; final: boolean }][] = [
  ['queued', job({ status: 'queued' }), { retry: false, cancel: true, final: false }],
  ['running', job({ status: 'running' }), { retry: false, cancel: true, final: false }],
  [
    'running, with the error of an earlier failure',
    job({ status: 'running', error: retryable }),
    { retry: false, cancel: true, final: false },
  ],
  ['uploading', job({ status: 'uploading' }), { retry: false, cancel: true, final: false }],
  ['completed', job({ status: 'completed' }), { retry: false, cancel: false, final: true }],
  ['cancelled', job({ status: 'cancelled' }), { retry: false, cancel: false, final: true }],
  [
    'failed, retryable, an attempt left',
    job({ status: 'failed', attempt: 2, error: retryable }),
    { retry: true, cancel: false, final: false },
  ],
  [
    'failed, retryable, no attempt left',
    job({ status: 'failed', attempt: 3, error: retryable }),
    { retry: false, cancel: false, final: true },
  ],
  ['failed for good', job({ status: 'failed', error: rejected }), { retry: false, cancel: false, final: true }],
  ['failed without a reason', job({ status: 'failed' }), { retry: false, cancel: false, final: true }],
];

describe('what a job allows', () => {
  it.each(STANDINGS)('[J4] a job that is %s', (_name, subject, { retry, cancel, final }) => {
    expect({ retry: canRetry(subject), cancel: canCancel(subject), final: isFinal(subject) }).toEqual({
      retry,
      cancel,
      final,
    });
  });

  it('[J4] every status is in the table above', () => {
    expect(new Set(STANDINGS.map(([, { status }]) => status))).toEqual(new Set(JobStatus.options));
  });
});

/** An id of 22 characters, one of each kind among them. */
const ID = `Az09_-${'x'.repeat(16)}`;

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success;

describe('job schemas', () => {
  it.each([
    [{}, true],
    [{ steps: LIMITS.minSteps }, true],
    [{ steps: LIMITS.minSteps - 1 }, false],
    [{ steps: LIMITS.maxSteps }, true],
    [{ steps: LIMITS.maxSteps + 1 }, false],
    [{ steps: 20.5 }, false],
    [{ steps: '20' }, false],
    [{ size: '512' }, true],
    [{ size: 512 }, false],
    [{ size: '640' }, false],
    [{ seed: 0 }, true],
    [{ seed: -1 }, false],
    [{ seed: LIMITS.maxSeed }, true],
    [{ seed: LIMITS.maxSeed + 1 }, false],
    [{ style: 'ink' }, true],
    [{ style: '   ' }, false],
    [{ style: 's'.repeat(LIMITS.styleChars) }, true],
    [{ style: 's'.repeat(LIMITS.styleChars + 1) }, false],
    [{ style: ` ${'s'.repeat(LIMITS.styleChars)} ` }, true],
    [{ seed: 0.5 }, false],
    [{ negativePrompt: '' }, true],
    [{ negativePrompt: 'n'.repeat(LIMITS.negativePromptChars) }, true],
    [{ negativePrompt: 'n'.repeat(LIMITS.negativePromptChars + 1) }, false],
    [{ negativePrompt: ` ${'n'.repeat(LIMITS.negativePromptChars)} ` }, true],
    [{ cfg: 0 }, true],
    [{ cfg: -0.1 }, false],
    [{ cfg: LIMITS.maxCfg }, true],
    [{ cfg: LIMITS.maxCfg + 0.1 }, false],
    [{ cfg: Number.NaN }, false],
    [{ count: 1 }, true],
    [{ count: 0 }, false],
    [{ count: LIMITS.maxCount }, true],
    [{ count: LIMITS.maxCount + 1 }, false],
    [{ strength: 0 }, true],
    [{ strength: -0.1 }, false],
    [{ strength: 1 }, true],
    [{ strength: 1.1 }, false],
  ])('options %j: accepted %s', (options, expected) => {
    expect(accepts(JobOptions, options)).toBe(expected);
  });

  it.each(['sampler', 'model', 'provider'])('the name of a %s is trimmed, not empty and bounded', (option) => {
    const longest = 'n'.repeat(LIMITS.nameChars);
    expect(JobOptions.parse({ [option]: ` ${longest} ` })).toEqual({ [option]: longest });
    for (const name of ['', '  ', `${longest}n`]) expect(accepts(JobOptions, { [option]: name })).toBe(false);
  });

  it('a style and a negative prompt are trimmed', () => {
    expect(JobOptions.parse({ style: ' ink ', negativePrompt: ' rain ' })).toEqual({
      style: 'ink',
      negativePrompt: 'rain',
    });
  });

  it.each([
    [`/api/uploads/${ID}`, true],
    [`/api/uploads/${ID}${'-'.repeat(8)}`, true],
    [`/api/uploads/${ID}${'-'.repeat(9)}`, false],
    [`/api/uploads/${ID.slice(1)}`, false],
    [`/api/uploads/${ID}x`, false],
    [`/api/uploads/${ID}/`, false],
    [`/api/uploads/${'.'.repeat(22)}`, false],
    [`/api/uploads/${ID}\n`, false],
    [`x/api/uploads/${ID}`, false],
    [`https://elsewhere.example/api/uploads/${ID}`, false],
    [`/api/jobs/${ID}/images/1-abc_D.png`, true],
    [`/api/jobs/${ID}/frames/7.jpg`, true],
    [`/api/jobs/${ID}/inputs/0.webp`, true],
    [`/api/jobs/${ID}/images/${'n'.repeat(80)}.png`, true],
    [`/api/jobs/${ID}/images/${'n'.repeat(81)}.png`, false],
    [`/api/jobs/${ID}/images/.png`, false],
    [`/api/jobs/${ID}/images/1.gif`, false],
    [`/api/jobs/${ID}/images/1xpng`, false],
    [`/api/jobs/${ID}/images/1.png?x`, false],
    [`/api/jobs/${ID}/images/../1.png`, false],
    [`/api/jobs/${ID}/images/a/1.png`, false],
    [`/api/jobs/${ID}/secrets/1.png`, false],
    [`/api/jobs/${ID.slice(1)}/images/1.png`, false],
    [`/api/jobs/${ID}x/images/1.png`, false],
    [`/api/jobs/${'.'.repeat(22)}/images/1.png`, false],
    [`/api/jobs/${ID}/images/1.png\n`, false],
    [`x/api/jobs/${ID}/images/1.png`, false],
    ['', false],
  ])('[R7] the image to begin with %j: accepted %s', (image, expected) => {
    expect(accepts(JobOptions, { image })).toBe(expected);
  });

  it.each(['style', 'negativePrompt', 'sampler', 'model', 'provider'])(
    'the option %s has no text that a database cannot store',
    (option) => {
      for (const text of ['a\u0000b', 'a\ud800', 'a\u001bb', '\u0085a'])
        expect(accepts(JobOptions, { [option]: text }), JSON.stringify(text)).toBe(false);
      expect(accepts(JobOptions, { [option]: 'DPM++ 2M “ğ” 🐈' })).toBe(true);
      expect(accepts(JobOptions, { [option]: 'two\nlines' })).toBe(option === 'negativePrompt');
    },
  );

  it('a job of an earlier version, whose options had such texts, can still be read', () => {
    const options = { style: 'a\nb', negativePrompt: '\u0000', sampler: ' ', model: '', provider: '\ud800' };
    expect(Job.parse(job({ options })).options).toEqual(options);
  });

  it.each([['must be the address of an upload or of a job’s picture, such as /api/uploads/…', ImagePath]])(
    'says what is expected: %s',
    (message, schema) => {
      expect(schema.safeParse('').error?.issues[0]?.message).toBe(message);
    },
  );

  it.each([
    [{}, true],
    [{ seq: 0 }, false],
    [{ seq: 1.5 }, false],
    [{ percent: 0 }, true],
    [{ percent: 100 }, true],
    [{ percent: 100.1 }, false],
    [{ percent: -1 }, false],
    [{ percent: Number.NaN }, false],
    [{ stage: 'paused' }, false],
    [{ error: { ...retryable, code: 'NOT_FOUND' } }, false],
  ])('[E1] an event with %j: accepted %s', (fields, expected) => {
    const event = { id: 'x.1', jobId: 'x', seq: 1, ts: '2026-01-01T00:00:00.000Z', stage: 'running', ...fields };
    expect(accepts(ProgressEvent, event)).toBe(expected);
  });

  it.each([
    [{ seq: 0 }, true],
    [{ seq: 7, epoch: 'e'.repeat(32) }, true],
    [{ seq: 7, epoch: 'e'.repeat(33) }, false],
    [{ seq: -1 }, false],
    [{ seq: 1.5 }, false],
  ])('[P1] the position %j: accepted %s', (position, expected) => {
    expect(accepts(Position, position)).toBe(expected);
  });
});
