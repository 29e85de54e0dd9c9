import { describe, expect, it } from 'vitest';
import { AdoptIdentityRequest, CreateIdentityLinkRequest } from './identity-link.ts';
import { LIMITS } from './limits.ts';

describe('CreateIdentityLinkRequest', () => {
  it.each([
    [{}, true],
    [{ owner: 'somebody else' }, false],
    [[], false],
    [null, false],
    [undefined, false],
  ])('[R12] the body %j: accepted %s', (body, expected) => {
    expect(CreateIdentityLinkRequest.safeParse(body).success).toBe(expected);
  });
});

describe('AdoptIdentityRequest', () => {
  it.each([
    ['t', true],
    ['t'.repeat(LIMITS.linkTokenChars), true],
    ['t'.repeat(LIMITS.linkTokenChars + 1), false],
    ['', false],
    [7, false],
    [null, false],
  ])('[R12] the token %j: accepted %s', (token, expected) => {
    expect(AdoptIdentityRequest.safeParse({ token }).success).toBe(expected);
  });
});
