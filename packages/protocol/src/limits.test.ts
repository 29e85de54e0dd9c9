import { describe, expect, it } from 'vitest';
import { LIMITS } from './limits.ts';

/** Each bound as it is promised: other programs are written against them, so changing one is a decision. */
const PROMISED: Readonly<Record<keyof typeof LIMITS, number>> = {
  promptChars: 2_000,
  minSteps: 5,
  maxSteps: 50,
  defaultSteps: 20,
  maxSeed: 2 ** 32 - 1,
  styleChars: 40,
  negativePromptChars: 2_000,
  maxCfg: 30,
  nameChars: 200,
  maxCount: 4,
  defaultStrength: 0.6,
  /** R7: 20 MiB, 50 megapixels. */
  uploadBytes: 20_971_520,
  receivedBytes: 268_435_456,
  receivedBytesPerAddress: 67_108_864,
  uploadPixels: 50_000_000,
  uploadEdge: 2_048,
  /** A day. */
  uploadTtlMs: 86_400_000,
  recentFailures: 5,
  idempotencyKeyChars: 128,
  maxAttempts: 3,
  /** 64, 4 and 16 KiB. */
  httpBodyBytes: 65_536,
  urlChars: 4_096,
  headerBytes: 16_384,
  jobsPerPage: 100,
  conversationsPerPage: 100,
  messagesPerPage: 100,
  userNameChars: 256,
  titleChars: 200,
  /** R12: ten minutes. */
  linkTtlMs: 600_000,
  linkTokenChars: 128,
  /** H1, H2. */
  eventsPerRead: 200,
  maxWaitSeconds: 25,
  maxWaiters: 2_000,
  /** W5: 16 KiB, 20 a second. */
  socketMessageBytes: 16_384,
  subscriptionsPerSocket: 64,
  socketMessagesPerSecond: 20,
  maxConnections: 20_000,
  /** R13: what one client may do and have. */
  connectionsPerClient: 250,
  pollsPerClient: 100,
  subscriptionsPerClient: 1_000,
  jobsPerMinute: 120,
  uploadsPerMinute: 60,
  uploadsPerClient: 500,
  uploadBytesPerClient: 2 ** 30,
  conversationsPerMinute: 60,
  conversationsPerOwner: 5_000,
  messagesPerMinute: 120,
  messagesPerConversation: 20_000,
  linksPerMinute: 20,
  changesPerMinute: 600,
  heartbeatMs: 10_000,
  /** B1, B2: 64 KiB, 256 KiB, 30 s. */
  readerPauseBytes: 65_536,
  readerHighWaterBytes: 262_144,
  readerStallMs: 30_000,
  ringEvents: 256,
  ringJobs: 2_000,
  progressEventsPerSecond: 20,
  queueTickMs: 1_000,
};

describe('LIMITS', () => {
  it('are the bounds that were promised', () => {
    expect(LIMITS).toEqual(PROMISED);
  });

  it('leave the default inside the range it belongs to', () => {
    expect(LIMITS.defaultSteps).toBeGreaterThanOrEqual(LIMITS.minSteps);
    expect(LIMITS.defaultSteps).toBeLessThanOrEqual(LIMITS.maxSteps);
    expect(LIMITS.defaultStrength).toBeGreaterThanOrEqual(0);
    expect(LIMITS.defaultStrength).toBeLessThanOrEqual(1);
  });

  it('[R13] leave most of what a process has to the other clients', () => {
    expect(LIMITS.connectionsPerClient * 20).toBeLessThanOrEqual(LIMITS.maxConnections);
    expect(LIMITS.pollsPerClient * 20).toBeLessThanOrEqual(LIMITS.maxWaiters);
    expect(LIMITS.subscriptionsPerClient).toBeGreaterThan(LIMITS.subscriptionsPerSocket);
  });

  it('[H1] keep what one read may answer within the events kept in memory', () => {
    expect(LIMITS.eventsPerRead).toBeLessThanOrEqual(LIMITS.ringEvents);
  });

  it('[B2] let a reader miss a heartbeat before it is called stalled', () => {
    expect(LIMITS.readerStallMs).toBeGreaterThan(LIMITS.heartbeatMs);
  });
});
