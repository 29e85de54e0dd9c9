import type { DarkroomClient } from '@darkroom/client';
import { useDarkroom } from '@darkroom/client/react';
import { createContext, useContext, useEffect } from 'react';
import { useStore } from 'zustand';
import { useBackends } from '../../lib/use-backends.ts';
import { Chat } from './model/chat.ts';
import type { ChatState } from './model/chat-state.ts';

const chats = new WeakMap<DarkroomClient, Chat>();

/** `localStorage`; where the reader forbids it, nothing is kept. */
function pageStorage(): Pick<Storage, 'getItem' | 'setItem'> {
  try {
    return window.localStorage;
  } catch {
    return { getItem: () => null, setItem: () => undefined };
  }
}

function chatOf(client: DarkroomClient): Chat {
  const chat = chats.get(client) ?? new Chat(client, pageStorage());
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
