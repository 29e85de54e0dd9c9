/**
 * Every bound of the protocol, one line each. Server and clients read the same numbers, so a form can
 * refuse what the server would refuse. Sizes are bytes, times milliseconds, unless the name says otherwise.
 */
export const LIMITS = {
  /** Characters (UTF-16 units) of a prompt, after trimming. */
  promptChars: 2_000,
  /** Fewest denoising steps a job may ask for. */
  minSteps: 5,
  /** Most denoising steps a job may ask for. */
  maxSteps: 50,
  /** Steps of a job that names none. */
  defaultSteps: 20,
  /** Largest seed; seeds are whole numbers from 0. */
  maxSeed: 4_294_967_295,
  /** Characters of a style's name. */
  styleChars: 40,
  /** Characters of a negative prompt. */
  negativePromptChars: 2_000,
  /** Highest classifier-free guidance scale; the lowest is 0. */
  maxCfg: 30,
  /** Characters of a sampler's, a model's or a backend's name. */
  nameChars: 200,
  /** Most pictures one job may ask for. */
  maxCount: 4,
  /** Strength of an image-to-image job that names none. */
  defaultStrength: 0.6,
  /** An uploaded picture, as it comes. */
  uploadBytes: 20 * 1024 * 1024,
  /** Memory for uploads that are being received or wait to be decoded. */
  receivedBytes: 256 * 1024 * 1024,
  /** The same for those of one address. */
  receivedBytesPerAddress: 64 * 1024 * 1024,
  /** Width times height of an uploaded picture. */
  uploadPixels: 50_000_000,
  /** Longest edge an uploaded picture is kept with, in pixels; larger ones are made smaller. */
  uploadEdge: 2_048,
  /** How long an uploaded picture is kept for jobs to use; a job keeps a copy of its own. */
  uploadTtlMs: 24 * 3_600_000,
  /** Failures of a backend that its status lists, newest first. */
  recentFailures: 5,
  /** Characters of an `Idempotency-Key`. */
  idempotencyKeyChars: 128,
  /** Runs a job may have, the first included. */
  maxAttempts: 3,
  /** Body of an HTTP request. */
  httpBodyBytes: 64 * 1024,
  /** Request target (path and query) of an HTTP request. */
  urlChars: 4 * 1024,
  /** Headers of an HTTP request, together. */
  headerBytes: 16 * 1024,
  /** Jobs one page of the history may hold. */
  jobsPerPage: 100,
  /** Conversations one page of the list may hold. */
  conversationsPerPage: 100,
  /** Messages one page of a conversation may hold. */
  messagesPerPage: 100,
  /** Characters of the name of somebody who is signed in. */
  userNameChars: 256,
  /** Characters of a conversation's title. */
  titleChars: 200,
  /** How long a link that takes one's identity to another device works. */
  linkTtlMs: 10 * 60_000,
  /** Characters of such a link's token, at most. */
  linkTokenChars: 128,
  /** Events one answer, batch or catch-up read may hold. */
  eventsPerRead: 200,
  /** Longest time one long poll is held, in seconds. */
  maxWaitSeconds: 25,
  /** Long polls held at once by one process; beyond it they answer at once. One client's: `pollsPerClient`. */
  maxWaiters: 2_000,
  /** WebSocket message from a client. */
  socketMessageBytes: 16 * 1024,
  /** Subscriptions one socket may hold. */
  subscriptionsPerSocket: 64,
  /** Messages a socket may send in a second, on average; bursts of five times that are taken. */
  socketMessagesPerSecond: 20,
  /** Live connections (WebSocket and SSE together) one process accepts. */
  maxConnections: 20_000,
  /** Live connections (WebSocket, SSE and `/api/generate` together) one client may hold at one process. */
  connectionsPerClient: 250,
  /** Long polls one client may hold at one process. */
  pollsPerClient: 100,
  /** Subscriptions one client may hold on all its sockets at one process. */
  subscriptionsPerClient: 1_000,
  /** Jobs one client may create or retry in a minute. At least so many at once, see `MAX_QUEUED_PER_CLIENT`. */
  jobsPerMinute: 120,
  /** Images one client may upload in a minute; so many at once are taken. */
  uploadsPerMinute: 60,
  /** Uploaded images of one client that are kept. */
  uploadsPerClient: 500,
  /** Their bytes, as they are kept. */
  uploadBytesPerClient: 1024 * 1024 * 1024,
  /** Conversations one client may start in a minute; so many at once are taken. */
  conversationsPerMinute: 60,
  /** Conversations one identity may have. */
  conversationsPerOwner: 5_000,
  /** Messages one client may send in a minute; so many at once are taken. */
  messagesPerMinute: 120,
  /** Messages one conversation may hold, answers included. */
  messagesPerConversation: 20_000,
  /** Links to other devices one client may create or open in a minute; so many at once are taken. */
  linksPerMinute: 20,
  /** Cancels, moves, renames and deletions one client may ask for in a minute; so many at once are taken. */
  changesPerMinute: 600,
  /** Heartbeat of a live connection. */
  heartbeatMs: 10_000,
  /** Unsent bytes at which a reader is paused at its cursor. */
  readerPauseBytes: 64 * 1024,
  /** Bytes queued for a client at which the server stops reading from its socket. */
  readerHighWaterBytes: 256 * 1024,
  /** A paused reader that takes no byte for this long is closed. */
  readerStallMs: 30_000,
  /** Recent events kept in memory for one job. */
  ringEvents: 256,
  /** Jobs whose recent events are kept in memory, those loaded first dropped first. */
  ringJobs: 2_000,
  /** Progress events one job may log in a second; more are coalesced, the last always kept. */
  progressEventsPerSecond: 20,
  /** Queue places are recomputed and sent at most this often. */
  queueTickMs: 1_000,
} as const;
