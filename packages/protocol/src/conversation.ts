import * as z from 'zod/mini';
import { ErrorCode } from './errors.ts';
import { Prompt } from './http.ts';
import { JobId } from './ids.ts';
import { JobOptions, PublicJob, QueuePlace } from './job.ts';
import { LIMITS } from './limits.ts';
import { lineOf } from './text.ts';

/** A conversation's name: trimmed, bounded, on one line. */
export const ConversationTitle = lineOf(LIMITS.titleChars);

/** A row of messages in which people ask for pictures. Only its owner sees it (rule M1). */
export const Conversation = z.object({
  /** 128 random bits, base64url: 22 characters. */
  id: z.string(),
  /** Empty until it is named, or its first message names it. */
  title: z.string(),
  /** ISO 8601. */
  createdAt: z.string(),
  /** ISO 8601: when something last changed that a reader should know (rule M8). */
  updatedAt: z.string(),
});
export type Conversation = z.infer<typeof Conversation>;

/** Who says a message. */
export const MessageRole = z.enum(['user', 'bot', 'system']);
export type MessageRole = z.infer<typeof MessageRole>;

/** Where a message's picture stands: a job's state in the words of a conversation (rule M4). */
export const PictureStatus = z.enum(['queued', 'processing', 'complete', 'error']);
export type PictureStatus = z.infer<typeof PictureStatus>;

/** A message that is, or will be, a picture. */
export const PictureMetadata = z.object({
  type: z.literal('image'),
  status: PictureStatus,
  /** 0–100; kept at least every 10 %. The job's events tell each step. */
  progress: z.number(),
  /** Place in line, 1 = next; 0 when it does not wait. */
  queue_position: z.int(),
  /** The job that makes it: subscribe to it, cancel it, retry it. */
  job_id: z.string(),
  prompt: z.string(),
  /** The first picture, a path on this server. */
  image_url: z.optional(z.string()),
  /** All pictures of a job of several. */
  image_urls: z.optional(z.array(z.string())),
  /** Why there is no picture, for people, in English. */
  error: z.optional(z.string()),
  /** The same as a code, for other languages. */
  error_code: z.optional(z.enum([...ErrorCode.options, 'CANCELLED'])),
  /** Whether the job may be run again (`POST /api/jobs/:jobId/retry`). */
  retryable: z.optional(z.boolean()),
  /** Id of the message of which this is another version (rule M7). */
  version_of: z.optional(z.int()),
});
export type PictureMetadata = z.infer<typeof PictureMetadata>;

/** What a message is beside its words. */
export const MessageMetadata = z.discriminatedUnion('type', [
  PictureMetadata,
  z.object({ type: z.literal('text'), version_of: z.optional(z.int()) }),
  /** The server's word on how to ask for a picture; a page may say it in its reader's language. */
  z.object({ type: z.literal('hint') }),
]);
export type MessageMetadata = z.infer<typeof MessageMetadata>;

/** One message of a conversation. */
export const Message = z.object({
  /** Counts up within a conversation, with gaps. */
  id: z.int(),
  conversation_id: z.string(),
  role: MessageRole,
  /** A picture's message: `[IMAGE_PENDING]`, then `[IMAGE] IMAGE_PATH: <url>` or why there is none. */
  content: z.string(),
  extra_metadata: MessageMetadata,
  /** Id of the message this one answers. */
  reply_to: z.optional(z.int()),
  /** ISO 8601. */
  created_at: z.string(),
  /** ISO 8601. */
  updated_at: z.string(),
});
export type Message = z.infer<typeof Message>;

/** Content of a picture's message until the job has ended. */
export const IMAGE_PENDING = '[IMAGE_PENDING]';

/** Content of a picture's message when the picture is there. */
export const imageContent = (url: string) => `[IMAGE] IMAGE_PATH: ${url}`;

const options = z.optional(z.strictObject(JobOptions.shape));

/** Body of `POST /api/conversations`. */
export const CreateConversationRequest = z.strictObject({ title: z.optional(ConversationTitle) });
export type CreateConversationRequest = z.infer<typeof CreateConversationRequest>;

/** Body of `PATCH /api/conversations/:id`. */
export const RenameConversationRequest = z.strictObject({ title: ConversationTitle });
export type RenameConversationRequest = z.infer<typeof RenameConversationRequest>;

/** Body of `POST /api/conversations/:id/messages`. */
export const PostMessageRequest = z.strictObject({
  content: Prompt,
  /** Whether it asks for a picture. Default: what the words say (rule M3). */
  picture: z.optional(z.boolean()),
  /** Of the picture. */
  options,
});
export type PostMessageRequest = z.infer<typeof PostMessageRequest>;

/** Body of `POST /api/conversations/:id/messages/:messageId/versions`. */
export const AddVersionRequest = z.strictObject({ content: Prompt, options });
export type AddVersionRequest = z.infer<typeof AddVersionRequest>;

export const ConversationResponse = z.object({ conversation: Conversation });
export type ConversationResponse = z.infer<typeof ConversationResponse>;

/** Answer of `GET /api/conversations`: last changed first; `nextCursor` is null on the last page. */
export const ConversationListResponse = z.object({
  conversations: z.array(Conversation),
  nextCursor: z.nullable(z.string()),
});
export type ConversationListResponse = z.infer<typeof ConversationListResponse>;

/** Answer of `GET /api/conversations/:id/messages`: a page, oldest first. */
export const MessageListResponse = z.object({
  messages: z.array(Message),
  /** `?before=` of the page of older messages; null: there are none. */
  nextBefore: z.nullable(z.int()),
});
export type MessageListResponse = z.infer<typeof MessageListResponse>;

/** Answer of posting a message: what was said and answered, and the job if a picture was asked for. */
export const TurnResponse = z.object({ messages: z.array(Message), job: z.optional(PublicJob) });
export type TurnResponse = z.infer<typeof TurnResponse>;

/** Answer of `POST /api/jobs/cancel-mine`: ids of the jobs that were cancelled. */
export const CancelMineResponse = z.object({ cancelled: z.array(z.string()) });
export type CancelMineResponse = z.infer<typeof CancelMineResponse>;

/** Body of `POST /api/jobs/:jobId/move`. */
export const MoveJobRequest = z.strictObject({
  /** One's own waiting job that is to come right after it; null: behind all one's own. */
  before: z.nullable(JobId),
});
export type MoveJobRequest = z.infer<typeof MoveJobRequest>;

/** Answer of `POST /api/jobs/:jobId/move`: one's own waiting jobs in their new order, with their places. */
export const MoveJobResponse = z.object({
  waiting: z.array(z.object({ jobId: z.string(), ...QueuePlace.shape })),
});
export type MoveJobResponse = z.infer<typeof MoveJobResponse>;
