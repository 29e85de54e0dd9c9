import { LIMITS } from '@darkroom/protocol';
import { describe, expect, it } from 'vitest';
import { SCRIPTED_CAPABILITIES } from '../testing/scripted-provider.ts';
import { toShownCapabilities, toShownHealth } from './shown-backend.ts';

describe('toShownHealth', () => {
  it('replaces what cannot be stored in the message, and bounds it', () => {
    const report = { ok: false, reason: 'failing', message: `a\u0000\ud800${'b'.repeat(2_000)}` } as const;
    const { message, ...rest } = toShownHealth(report);
    expect(message).toBe(`a\ufffd\ufffd${'b'.repeat(997)}`);
    expect(rest).toEqual({ ok: false, reason: 'failing' });
  });

  it('leaves a report without a message as it is', () => {
    expect(toShownHealth({ ok: true })).toEqual({ ok: true });
  });
});

describe('toShownCapabilities', () => {
  it('leaves out names that no request could contain', () => {
    const names = ['xl', 'DPM++ 2M “ğ” 🐈', 'n'.repeat(LIMITS.nameChars)];
    const bad = ['', ' ', ' xl', 'a\u0000', '\ud800', 'n'.repeat(LIMITS.nameChars + 1), 'a\u0085'];
    const shown = toShownCapabilities({ ...SCRIPTED_CAPABILITIES, models: [...bad, ...names], samplers: bad });
    expect(shown).toEqual({ ...SCRIPTED_CAPABILITIES, models: names, samplers: [] });
  });

  it('leaves what is not known unknown', () => {
    expect(toShownCapabilities(SCRIPTED_CAPABILITIES)).toEqual(SCRIPTED_CAPABILITIES);
  });
});
