import type { Conversation, Job, JobOptions, Message, ProviderStatus, QueuePlace } from '@darkroom/protocol';
import type { CurrentNotice } from '../../../lib/current-notice.ts';
import type { FailedRequest, RequestFailure } from '../../../lib/request-failure.ts';
import { EMPTY_FORM, type FormValues } from '../../../ui/settings/form-values.ts';

/** What somebody asks for in a conversation. */
export interface Request {
  readonly content: string;
  /** Asks for a picture whatever the words say. */
  readonly picture?: true | undefined;
  readonly options?: JobOptions | undefined;
}

/** A request the server has not answered yet: on its way, or held back. */
export interface Draft extends Request {
  /** Its `Idempotency-Key`: however often it is sent, it is said once. */
  readonly key: string;
  /** Undefined: of a conversation that is still to be made. */
  readonly conversationId: string | undefined;
  /** The user's message of which it is to be another version. */
  readonly versionOf?: number | undefined;
  /** The job whose options it takes, instead of its own. */
  readonly madeLike?: string | undefined;
  readonly sending: boolean;
  /** Its words are being changed: it is not sent meanwhile. */
  readonly editing?: boolean;
  /** Why it has not arrived so far. */
  readonly failure?: FailedRequest | undefined;
}

/** What is known of a conversation's messages: the newest, without gaps. */
export interface Thread {
  readonly messages: readonly Message[];
  /** Where the older ones begin; null: there are none; undefined: not known yet. */
  readonly nextBefore: number | null | undefined;
  readonly loadingOlder: boolean;
  /** Why the newest try to read it failed. */
  readonly failure?: RequestFailure;
  /** The server knows no such conversation. */
  readonly gone: boolean;
}

/** A job of a message, as last heard of. */
export interface PictureJob {
  readonly conversationId: string;
  readonly messageId: number;
  readonly job: Job;
  readonly queue: QueuePlace | undefined;
  readonly notice: CurrentNotice | undefined;
  /** The newest preview of the picture at hand; of several, the next begins without one. */
  readonly previewUrl: string | undefined;
  /** When this run began to work, ISO 8601. */
  readonly since: string | undefined;
  /** What it still takes at its pace, ms. */
  readonly leftMs: number | undefined;
  /** When there was news of it last (client clock, ms). */
  readonly heardAt: number;
  /** The connection is lost: it is as it was. */
  readonly lost: boolean;
  /** It has been silent for so long that the server was asked. */
  readonly silent: boolean;
}

export interface ChatState {
  /** Last changed first; undefined: not known yet. */
  readonly conversations: readonly Conversation[] | undefined;
  /** Where the rest of the list begins. */
  readonly nextCursor: string | null;
  readonly listFailure: RequestFailure | undefined;
  readonly threads: Readonly<Record<string, Thread>>;
  readonly drafts: readonly Draft[];
  /** What is being written, by `placeOf` its conversation. */
  readonly words: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, PictureJob>>;
  /** Jobs under way, and those that ended a moment ago. */
  readonly active: readonly string[];
  /** The conversation that a first request has just made. */
  readonly begun: string | undefined;
  /** Whether every message asks for a picture. */
  readonly picture: boolean;
  /** What the next pictures are made with; its prompt is not used. */
  readonly settings: FormValues;
  /** Undefined: nothing is known of them yet. */
  readonly backends: readonly ProviderStatus[] | undefined;
}

/** Where a conversation's words are; one that is still to be made has a place, too. */
export function placeOf(conversationId: string | undefined): string {
  return conversationId ?? 'new';
}

export const NO_THREAD: Thread = { messages: [], nextBefore: undefined, loadingOlder: false, gone: false };

export const NOTHING: ChatState = {
  conversations: undefined,
  nextCursor: null,
  listFailure: undefined,
  threads: {},
  drafts: [],
  words: {},
  jobs: {},
  active: [],
  begun: undefined,
  picture: false,
  settings: EMPTY_FORM,
  backends: undefined,
};
