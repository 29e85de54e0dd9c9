import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock } from '../clock.ts';
import type { ConversationService } from '../conversations/conversation-service.ts';
import type { Identities } from '../identity.ts';
import type { Images } from '../images.ts';
import type { IncidentLog } from '../incident-log.ts';
import type { BackendPool } from '../jobs/backend-pool.ts';
import type { JobLog } from '../jobs/job-log.ts';
import type { JobService } from '../jobs/job-service.ts';
import type { OwnJobs } from '../jobs/own-jobs.ts';
import type { QueueBoard } from '../jobs/queue-board.ts';
import type { Uploads } from '../jobs/uploads.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Queue } from '../queue.ts';
import type { Relay } from '../relay.ts';
import type { Store } from '../store.ts';
import type { ClientAddresses } from './client-address.ts';
import type { ClientLimits } from './client-limits.ts';
import type { LiveHub } from './live/live-hub.ts';
import type { OwnerSockets } from './live/owner-sockets.ts';

/** What the routes work with. */
export interface HttpContext {
  readonly store: Store;
  readonly log: JobLog;
  readonly queue: Queue;
  readonly relay: Relay;
  readonly board: QueueBoard;
  readonly images: Images;
  readonly jobs: JobService;
  readonly ownJobs: OwnJobs;
  readonly conversations: ConversationService;
  readonly addresses: ClientAddresses;
  readonly identities: Identities;
  readonly limits: ClientLimits;
  readonly ownerSockets: OwnerSockets;
  readonly pool: BackendPool;
  readonly uploads: Uploads;
  readonly hub: LiveHub;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly incidents: IncidentLog;
  /** For what happens to the server itself; what happens to requests is for `incidents`. */
  readonly logger: FastifyBaseLogger;
  /** True from the moment a planned stop begins. */
  readonly isStopping: () => boolean;
  readonly version: string;
  /** When the process began (ms). */
  readonly startedAt: number;
}

/** Fastify with schemas in zod. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
