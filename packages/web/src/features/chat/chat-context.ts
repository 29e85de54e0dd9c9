import type { DarkroomClient } from '@darkroom/client';
import { useDarkroom } from '@darkroom/client/react';
import { createContext, useContext, useEffect } from 'react';
import { useStore } from 'zustand';
import { identityMark } from '../../lib/identity-mark.ts';
import { useBackends } from '../../lib/use-backends.ts';
import { userName } from '../../lib/user-name.ts';
import { recall } from './model/cache.ts';
import { Chat } from './model/chat.ts';
import type { ChatState } from './model/chat-state.ts';

const chats = new WeakMap<DarkroomClient, Chat>();

type Kept = Pick<Storage, 'getItem' | 'setItem'>;

/** `localStorage`; where the reader forbids it, nothing is kept. */
function pageStorage(): Kept {
  try {
    return window.localStorage;
  } catch {
    return { getItem: () => null, setItem: () => undefined };
  }
}

/** What is kept for whoever is signed in, if anybody is: in one browser several people may be, one after the other. */
function ownStorage(): Kept {
  const [kept, user] = [pageStorage(), userName()];
  if (user === undefined) return kept;
  return {
    getItem: (key) => kept.getItem(`${key}:${user}`),
    setItem: (key, value) => kept.setItem(`${key}:${user}`, value),
  };
}

/** Whether this browser has conversations of its own, which are not those of whoever is signed in. */
export function hasOthers(): boolean {
  const kept = pageStorage();
  return userName() !== undefined && recall(kept, identityMark(kept)).conversations !== undefined;
}

function chatOf(client: DarkroomClient): Chat {
  const chat = chats.get(client) ?? new Chat(client, ownStorage());
  chats.set(client, chat);
  return chat;
}

/** The conversations of this page, listening for as long as the component is mounted. */
export function useChatSession(): Chat {
  const chat = chatOf(useDarkroom());
  const backends = useBackends();
  useEffect(() => chat.start(), [chat]);
  useEffect(() => chat.store.setState({ backends }), [chat, backends]);
  return chat;
}

export const ChatContext = createContext<Chat | undefined>(undefined);

/** What can be done in conversations. */
export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (chat === undefined) throw new Error('useChat needs a ChatContext above it.');
  return chat;
}

/** A part of the state; renders again only when that part changes. */
export function useChatState<T>(select: (state: ChatState) => T): T {
  return useStore(useChat().store, select);
}
