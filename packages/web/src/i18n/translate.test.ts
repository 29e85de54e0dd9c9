import { describe, expect, it } from 'vitest';
import { messages as advanced } from './en/advanced.ts';
import { messages as app } from './en/app.ts';
import { messages as chat } from './en/chat.ts';
import { messages as docs } from './en/docs.ts';
import { messages as generate } from './en/generate.ts';
import { messages as history } from './en/history.ts';
import { messages as job } from './en/job.ts';
import { messages as queue } from './en/queue.ts';
import { messages as status } from './en/status.ts';
import { addMessages, t } from './translate.ts';

const PARTS = [app, generate, advanced, chat, job, history, status, docs, queue];
for (const part of PARTS) addMessages(part);

describe('t', () => {
  it('fills in names and chooses the form for a count', () => {
    expect(t('header.attempt', { attempt: 1, max: 3 })).toBe('Attempt 1/3');
    expect(t('options.steps', { count: 1 })).toBe('1 step');
    expect(t('options.steps', { count: 20 })).toBe('20 steps');
  });

  it('says the degraded banner as the design has it', () => {
    expect(t('state.degraded', { count: 5 })).toBe('Live updates unavailable, using polling every 5 seconds.');
  });
});

describe('the catalogue', () => {
  it('has every key once over all its parts', () => {
    const keys = PARTS.flatMap((part) => Object.keys(part));
    expect(keys).toHaveLength(new Set(keys).size);
  });
});
