/** Turns that are posted at the same time. */
const TOGETHER = 50;

/** A conversation on a server, and the cookie of its owner. */
export interface Conversation {
  readonly id: string;
  /** Address of its messages. */
  readonly url: string;
  readonly cookie: string;
}

/** Creates an empty conversation at the server at `base`. */
export async function createConversation(base: string): Promise<Conversation> {
  const headers = { 'content-type': 'application/json' };
  const made = await fetch(`${base}/api/conversations`, { method: 'POST', headers, body: '{}' });
  const { conversation } = (await made.json()) as { conversation: { id: string } };
  const cookie = made.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return { id: conversation.id, url: `${base}/api/conversations/${conversation.id}/messages`, cookie };
}

/** Posts so many turns, each of two messages: the request and its answer. */
export async function postTurns(to: Conversation, count: number, turn: object): Promise<void> {
  const headers = { 'content-type': 'application/json', cookie: to.cookie };
  const body = JSON.stringify(turn);
  for (let left = count; left > 0; left -= TOGETHER) {
    const posts = Array.from({ length: Math.min(TOGETHER, left) }, async () => {
      const response = await fetch(to.url, { method: 'POST', headers, body });
      if (response.status !== 201) throw new Error(await response.text());
    });
    await Promise.all(posts);
  }
}
