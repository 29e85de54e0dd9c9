import type { Message } from '@darkroom/protocol';
import type { Draft } from './chat-state.ts';

/** What was asked once, and the answer. */
export interface Version {
  readonly key: string;
  /** Undefined while it is on a page of older messages. */
  readonly user: Message | undefined;
  readonly bot: Message | undefined;
  /** The request, as long as the server has not answered it. */
  readonly draft: Draft | undefined;
}

/** What was asked, in all its versions, oldest first. */
export interface Turn {
  readonly key: string;
  readonly versions: readonly Version[];
}

function firstVersion({ id, extra_metadata: metadata }: Message): number {
  return (metadata.type === 'hint' ? undefined : metadata.version_of) ?? id;
}

/** Puts messages and requests on their way into the order of reading: each version beside the first one. */
export function turnsOf(messages: readonly Message[], drafts: readonly Draft[]): readonly Turn[] {
  const turns = new Map<string, Version[]>();
  const add = (key: string, version: Version) => {
    const known = turns.get(key);
    if (known === undefined) turns.set(key, [version]);
    else known.push(version);
  };
  const answers = new Map(messages.flatMap((message) => (message.reply_to ? [[message.reply_to, message]] : [])));
  const asked = new Set(messages.filter(({ role }) => role === 'user').map(({ id }) => id));
  for (const message of messages) {
    if (message.role === 'user') {
      const version = { key: `m${message.id}`, user: message, bot: answers.get(message.id), draft: undefined };
      add(`m${firstVersion(message)}`, version);
    } else if (message.reply_to === undefined || !asked.has(message.reply_to)) {
      const key = `m${message.reply_to ?? message.id}`;
      add(key, { key, user: undefined, bot: message, draft: undefined });
    }
  }
  for (const draft of drafts) {
    const key = draft.versionOf === undefined ? draft.key : `m${draft.versionOf}`;
    add(key, { key: draft.key, user: undefined, bot: undefined, draft });
  }
  return [...turns].map(([key, versions]) => ({ key, versions }));
}

function sameVersion(a: Version, b: Version | undefined): boolean {
  return a.key === b?.key && a.user === b.user && a.bot === b.bot && a.draft === b.draft;
}

/** Whether two turns show the same. */
export function sameTurn(a: Turn, b: Turn): boolean {
  return (
    a.key === b.key &&
    a.versions.length === b.versions.length &&
    a.versions.every((version, index) => sameVersion(version, b.versions[index]))
  );
}
