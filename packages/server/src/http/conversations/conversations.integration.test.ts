import { StepGate } from '@darkroom/fake-backends';
import {
  ConversationListResponse,
  ConversationResponse,
  IMAGE_PENDING,
  LIMITS,
  MessageListResponse,
  TurnResponse,
} from '@darkroom/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { projectJob } from '../../conversations/project-message.ts';
import { ProviderError } from '../../provider-error.ts';
import { expectError, getSnapshot, postAction, startManual } from '../../testing/api.ts';
import { spawnSteppedServer } from '../../testing/child-server.ts';
import { eventually } from '../../testing/eventually.ts';
import { sampleJob } from '../../testing/sample-job.ts';
import { openSocket } from '../../testing/socket-reader.ts';
import { steppedSketch } from '../../testing/stepped-sketch.ts';
import { tempFolder } from '../../testing/temp-folder.ts';
import { startDarkroom } from '../../testing/test-darkroom.ts';
import { createVisitor } from '../../testing/visitor.ts';

async function start() {
  const server = await startManual();
  const visitor = createVisitor(server.url);
  return { ...server, visitor, conversation: await visitor.converse() };
}

const path = (id: string, rest = '') => `/api/conversations/${id}${rest}`;

describe('Conversations', () => {
  it('[M2] are made, read, listed, renamed and deleted', async () => {
    const { visitor, conversation } = await start();
    expect(conversation).toMatchObject({ title: '', id: expect.stringMatching(/^[\w-]{22}$/) });
    const read = await visitor.ask('GET', path(conversation.id));
    expect(ConversationResponse.parse(await read.json()).conversation).toEqual(conversation);
    expect(read.headers.get('cache-control')).toBe('no-store');
    const second = await visitor.converse('Boats');
    const renamed = await visitor.ask('PATCH', path(conversation.id), { title: ' Foxes ' });
    expect(ConversationResponse.parse(await renamed.json()).conversation.title).toBe('Foxes');
    const list = ConversationListResponse.parse(await (await visitor.ask('GET', '/api/conversations')).json());
    expect(list.conversations.map(({ title }) => title).sort()).toEqual(['Boats', 'Foxes']);
    expect(list.nextCursor).toBeNull();
    expect((await visitor.ask('DELETE', path(second.id))).status).toBe(204);
    await expectError(await visitor.ask('GET', path(second.id)), 'NOT_FOUND', 'id');
    await expectError(await visitor.ask('DELETE', path(second.id)), 'NOT_FOUND', 'id');
  });

  it('[M1] do not exist for anybody else', async () => {
    const { visitor, conversation, url } = await start();
    const { messages } = await visitor.say(conversation.id, { content: 'draw a cat' });
    const stranger = createVisitor(url);
    await stranger.converse();
    const { id } = conversation;
    const answers = [
      await stranger.ask('GET', path(id)),
      await stranger.ask('PATCH', path(id), { title: 'mine' }),
      await stranger.ask('DELETE', path(id)),
      await stranger.ask('GET', path(id, '/messages')),
      await stranger.ask('POST', path(id, '/messages'), { content: 'draw a dog' }),
      await stranger.ask('POST', path(id, '/messages'), { content: 'hello' }),
      await stranger.ask('POST', path(id, `/messages/${messages.at(-1)?.id}/versions`), { content: 'a dog' }),
      await createVisitor(url).ask('GET', path(id)),
    ];
    for (const answer of answers) expect((await expectError(answer, 'NOT_FOUND', 'id')).status).toBe(404);
    const list = await (await stranger.ask('GET', '/api/conversations')).text();
    expect(list).not.toContain(id);
    expect(await visitor.messages(id)).toHaveLength(2);
  });

  it('[R9] what makes something gives an identity, once; what only asks gives none, and has nothing', async () => {
    const { url, conversation } = await start();
    const newcomer = createVisitor(url);
    const asked = await Promise.all([
      newcomer.ask('GET', '/api/conversations'),
      newcomer.ask('GET', '/api/jobs?mine=true&state=active'),
      newcomer.ask('GET', '/image/status'),
      newcomer.ask('GET', path(conversation.id)),
      newcomer.ask('POST', '/api/jobs/cancel-mine'),
    ]);
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 404, 200]);
    for (const { headers } of asked) expect(headers.getSetCookie()).toEqual([]);
    expect(await asked[0]?.json()).toEqual({ conversations: [], nextCursor: null });
    expect(await asked[1]?.json()).toEqual({ jobs: [], nextCursor: null, queue: {} });
    const first = await newcomer.ask('POST', '/api/conversations', {});
    expect(first.headers.getSetCookie()).toHaveLength(1);
    const second = await newcomer.ask('POST', '/api/jobs', { prompt: 'a cat' });
    expect([second.status, second.headers.getSetCookie()]).toEqual([201, []]);
    const list = ConversationListResponse.parse(await (await newcomer.ask('GET', '/api/conversations')).json());
    expect(list.conversations).toHaveLength(1);
  });

  it('[R9] belong to the same person after a restart', async () => {
    const DATA_DIR = await tempFolder();
    const first = await startDarkroom({ DATA_DIR });
    const visitor = createVisitor(first.url);
    const conversation = await visitor.converse();
    const { headers } = visitor;
    await first.stop();
    const second = await startDarkroom({ DATA_DIR });
    onTestFinished(() => second.stop());
    expect((await fetch(`${second.url}${path(conversation.id)}`, { headers })).status).toBe(200);
  });

  it.each([
    ['POST', '', { title: '' }, 'title'],
    ['POST', '', { title: 't'.repeat(LIMITS.titleChars + 1) }, 'title'],
    ['POST', '', { title: 'a\nb' }, 'title'],
    ['POST', '', { owner: 'x' }, 'owner'],
    ['PATCH', '/ID', {}, 'title'],
    ['POST', '/ID/messages', {}, 'content'],
    ['POST', '/ID/messages', { content: ' ' }, 'content'],
    ['POST', '/ID/messages', { content: 'c'.repeat(LIMITS.promptChars + 1) }, 'content'],
    ['POST', '/ID/messages', { content: 'a', picture: 'yes' }, 'picture'],
    ['POST', '/ID/messages', { content: 'a', options: { steps: 1 } }, 'options.steps'],
    ['POST', '/ID/messages/x/versions', { content: 'a' }, 'messageId'],
    ['POST', '/ID/messages/1/versions', { content: '' }, 'content'],
    ['GET', '/ID/messages?limit=0', undefined, 'limit'],
    ['GET', `/ID/messages?limit=${LIMITS.messagesPerPage + 1}`, undefined, 'limit'],
    ['GET', '/ID/messages?before=x', undefined, 'before'],
    ['GET', '?limit=x', undefined, 'limit'],
    ['GET', '?cursor=nonsense', undefined, 'cursor'],
  ])('[R6] %s %s %j is refused by name', async (method, rest, body, field) => {
    const { visitor, conversation } = await start();
    const response = await visitor.ask(method, `/api/conversations${rest.replace('ID', conversation.id)}`, body);
    expect((await expectError(response, 'INVALID_REQUEST', field)).status).toBe(400);
  });

  it('a page of another site may change nothing', async () => {
    const { visitor, conversation } = await start();
    for (const [method, rest] of [
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/messages'],
    ] as const) {
      const headers = { origin: 'https://elsewhere.example' };
      const body = method === 'DELETE' ? undefined : { title: 'x' };
      const response = await visitor.ask(method, path(conversation.id) + rest, body, headers);
      expect((await expectError(response, 'FORBIDDEN')).status).toBe(403);
    }
  });
});

describe('Messages', () => {
  it('[M3] a wish becomes a user’s message, a pending one and a job of the same owner', async () => {
    const { visitor, conversation, provider } = await start();
    const { messages, job } = await visitor.say(conversation.id, {
      content: 'Resim çiz: karda iki tilki',
      options: { steps: 7 },
    });
    expect(job).toMatchObject({ prompt: 'karda iki tilki', options: { steps: 7 } });
    const [user, bot] = messages;
    expect(user).toMatchObject({
      role: 'user',
      content: 'Resim çiz: karda iki tilki',
      conversation_id: conversation.id,
      extra_metadata: { type: 'text' },
    });
    expect(bot).toMatchObject({
      role: 'bot',
      content: IMAGE_PENDING,
      reply_to: user?.id,
      extra_metadata: { type: 'image', status: 'queued', progress: 0, job_id: job?.id, prompt: 'karda iki tilki' },
    });
    expect((await provider.nextRun()).request.prompt).toBe('karda iki tilki');
    const named = await (await visitor.ask('GET', path(conversation.id))).json();
    expect(ConversationResponse.parse(named).conversation.title).toBe('Resim çiz: karda iki tilki');
  });

  it('[M3] words without a wish are answered with how to ask, and make no job; the flag decides first', async () => {
    const { visitor, conversation, provider } = await start();
    const hello = await visitor.say(conversation.id, { content: 'hello' });
    expect(hello.job).toBeUndefined();
    expect(hello.messages[1]).toMatchObject({ role: 'bot', extra_metadata: { type: 'hint' } });
    expect(hello.messages[1]?.content).toMatch(/draw/);
    expect((await visitor.say(conversation.id, { content: 'draw a cat', picture: false })).job).toBeUndefined();
    expect((await visitor.say(conversation.id, { content: 'a cat', picture: true })).job?.prompt).toBe('a cat');
    expect((await provider.nextRun()).request.prompt).toBe('a cat');
  });

  it('[M4][M5] carry their job from the line to the picture; a reload at any moment finds its state', async () => {
    const { visitor, conversation, provider, url } = await start();
    const { job } = await visitor.say(conversation.id, { content: 'draw a cat', options: { steps: 5 } });
    const run = await provider.nextRun();
    const metadata = async () => (await visitor.last(conversation.id)).extra_metadata;
    await run.step(2);
    await eventually(async () => {
      const now = await metadata();
      return now.type === 'image' && now.status === 'processing' && now.progress === 40 && now.queue_position === 0;
    });
    await run.finish();
    await eventually(async () => (await visitor.last(conversation.id)).content !== IMAGE_PENDING);
    const done = await visitor.last(conversation.id);
    const [picture] = (await getSnapshot(url, job?.id ?? '')).job.resultUrls ?? [];
    expect(done).toMatchObject({
      content: `[IMAGE] IMAGE_PATH: ${picture}`,
      extra_metadata: { status: 'complete', progress: 100, image_url: picture, prompt: 'a cat', job_id: job?.id },
    });
    expect((await visitor.ask('GET', picture ?? '')).status).toBe(200);
  });

  it('[M5] a failure is said in words; a retry makes it pending again', async () => {
    const { visitor, conversation, provider, url } = await start();
    const { job } = await visitor.say(conversation.id, { content: 'draw a cat' });
    (await provider.nextRun()).end(new ProviderError('PROVIDER_TIMEOUT'));
    await eventually(async () => (await visitor.last(conversation.id)).content !== IMAGE_PENDING);
    expect(await visitor.last(conversation.id)).toMatchObject({
      content: expect.stringMatching(/\w+ .+\.$/),
      extra_metadata: { status: 'error', error_code: 'PROVIDER_TIMEOUT', retryable: true, error: expect.any(String) },
    });
    await postAction(url, job?.id ?? '', 'retry');
    const again = await visitor.last(conversation.id);
    expect(again.content).toBe(IMAGE_PENDING);
    expect(again.extra_metadata).not.toHaveProperty('error');
    await postAction(url, job?.id ?? '', 'cancel');
    expect((await visitor.last(conversation.id)).extra_metadata).toMatchObject({
      status: 'error',
      error_code: 'CANCELLED',
    });
  });

  it('[M6] say the place in line as it is when they are read', async () => {
    const { visitor, conversation, provider, url } = await start();
    const jobs = [];
    for (let index = 0; index < 4; index++) {
      const { messages, job } = await visitor.say(conversation.id, { content: `draw ${index}` });
      jobs.push(job?.id ?? '');
      if (index === 0) await provider.nextRun();
      else expect(messages[1]?.extra_metadata).toMatchObject({ queue_position: index });
    }
    const places = async () =>
      (await visitor.messages(conversation.id)).flatMap(({ extra_metadata: metadata }) =>
        metadata.type === 'image' ? [metadata.queue_position] : [],
      );
    expect(await places()).toEqual([0, 1, 2, 3]);
    await postAction(url, jobs[2] ?? '', 'cancel');
    await eventually(async () => (await places()).join() === '0,1,0,2');
  });

  it('[M6] are paged from the newest back', async () => {
    const { visitor, conversation } = await start();
    for (let index = 0; index < 3; index++) await visitor.say(conversation.id, { content: `hello ${index}` });
    const read = async (query: string) =>
      MessageListResponse.parse(await (await visitor.ask('GET', path(conversation.id, `/messages${query}`))).json());
    const newest = await read('?limit=4');
    expect(newest.messages.map(({ content }) => content)[0]).toBe('hello 1');
    expect(newest.nextBefore).toBe(newest.messages[0]?.id);
    const rest = await read(`?limit=4&before=${newest.nextBefore}`);
    expect(rest.messages.map(({ role, content }) => (role === 'user' ? content : ''))).toEqual(['hello 0', '']);
    expect(rest.nextBefore).toBeNull();
  });

  it('[M3] an Idempotency-Key gets the first turn again; another request under it 409', async () => {
    const { visitor, conversation, provider } = await start();
    const post = (body: unknown, key = 'k') =>
      visitor.ask('POST', path(conversation.id, '/messages'), body, { 'idempotency-key': key });
    const answers = await Promise.all([1, 2, 3].map(() => post({ content: 'draw a cat' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    const turns = await Promise.all(answers.map(async (answer) => TurnResponse.parse(await answer.json())));
    expect(new Set(turns.map(({ job }) => job?.id)).size).toBe(1);
    expect(new Set(turns.map(({ messages }) => messages.map(({ id }) => id).join())).size).toBe(1);
    for (const body of [{ content: 'draw a dog' }, { content: 'hello' }])
      await expectError(await post(body), 'IDEMPOTENCY_CONFLICT', 'Idempotency-Key');
    expect((await post({ content: 'hello' }, 'k2')).status).toBe(201);
    expect((await post({ content: 'hello' }, 'k2')).status).toBe(200);
    await expectError(await post({ content: 'draw a cat' }, 'k2'), 'IDEMPOTENCY_CONFLICT', 'Idempotency-Key');
    expect(await visitor.messages(conversation.id)).toHaveLength(4);
    await provider.nextRun();
  });

  it('[M7] a version stands beside the first: both stay, linked, also the version of a version', async () => {
    const { visitor, conversation } = await start();
    const first = await visitor.say(conversation.id, { content: 'draw a cat' });
    const [user, bot] = first.messages.map(({ id }) => id);
    const version = async (messageId: number | undefined, content: string) => {
      const response = await visitor.ask('POST', path(conversation.id, `/messages/${messageId}/versions`), { content });
      expect(response.status).toBe(201);
      return TurnResponse.parse(await response.json());
    };
    const second = await version(bot, 'draw a black cat');
    expect(second.job?.prompt).toBe('a black cat');
    expect(second.messages.map(({ extra_metadata }) => extra_metadata)).toMatchObject([
      { type: 'text', version_of: user },
      { type: 'image', version_of: bot, prompt: 'a black cat', status: 'queued' },
    ]);
    const third = await version(second.messages[0]?.id, 'a white cat');
    expect(third.job?.prompt).toBe('a white cat');
    expect(third.messages.map(({ extra_metadata }) => extra_metadata)).toMatchObject([
      { version_of: user },
      { version_of: bot },
    ]);
    expect(await visitor.messages(conversation.id)).toHaveLength(6);
    const hello = await visitor.say(conversation.id, { content: 'hello' });
    for (const id of [hello.messages[1]?.id, 999_999]) {
      const response = await visitor.ask('POST', path(conversation.id, `/messages/${id}/versions`), { content: 'x' });
      await expectError(response, 'NOT_FOUND', 'messageId');
    }
  });

  it('[M2] deleting a conversation cancels what is still being made, and nothing else', async () => {
    const { visitor, conversation, provider, url } = await start();
    const finished = await visitor.say(conversation.id, { content: 'draw a cat' });
    await (await provider.nextRun()).finish();
    await eventually(async () => (await visitor.last(conversation.id)).content !== IMAGE_PENDING);
    const running = await visitor.say(conversation.id, { content: 'draw a dog' });
    const run = await provider.nextRun();
    const waiting = await visitor.say(conversation.id, { content: 'draw a fox' });
    const other = await visitor.converse();
    const elsewhere = await visitor.say(other.id, { content: 'draw an owl' });
    expect((await visitor.ask('DELETE', path(conversation.id))).status).toBe(204);
    await run.released;
    const statusOf = async ({ job }: TurnResponse) => (await getSnapshot(url, job?.id ?? '')).job.status;
    expect(await statusOf(finished)).toBe('completed');
    expect(await statusOf(running)).toBe('cancelled');
    expect(await statusOf(waiting)).toBe('cancelled');
    expect(['queued', 'running']).toContain(await statusOf(elsewhere));
  });

  it('[M4] a killed server’s conversations are whole, and go on', async () => {
    const DATA_DIR = await tempFolder();
    const first = await spawnSteppedServer({ DATA_DIR, PROVIDERS: 'sketch:' });
    const visitor = createVisitor(first.url);
    const { id } = await visitor.converse();
    await visitor.say(id, { content: 'draw a cat', options: { steps: 5 } });
    await visitor.say(id, { content: 'hello' });
    first.allow(1);
    await eventually(async () => JSON.stringify(await visitor.messages(id)).includes('"progress":20'));
    await first.kill('SIGKILL');
    const second = await startDarkroom({ DATA_DIR, PROVIDERS: 'sketch:' }, steppedSketch(new StepGate()));
    onTestFinished(() => second.stop());
    const read = async () => {
      const response = await fetch(`${second.url}${path(id, '/messages')}`, { headers: visitor.headers });
      return MessageListResponse.parse(await response.json()).messages;
    };
    await eventually(async () => JSON.stringify(await read()).includes('"status":"complete"'));
    const [asked, picture, ...rest] = await read();
    expect([asked?.content, picture?.reply_to, rest.length]).toEqual(['draw a cat', asked?.id, 2]);
    expect(picture?.content).toMatch(/^\[IMAGE\] IMAGE_PATH: \/api\/jobs\//);
  });

  it('[M4] at every event of its job a message says what the job’s state says', async () => {
    const { visitor, conversation, provider, log } = await start();
    const { job } = await visitor.say(conversation.id, { content: 'draw a cat', options: { steps: 20 } });
    const jobId = job?.id ?? '';
    const agrees = async () => {
      let record = log.peek(jobId);
      let message = await visitor.last(conversation.id);
      // The job may go on while the message is read: only what is of the same moment is compared.
      while (log.peek(jobId) !== record) {
        record = log.peek(jobId);
        message = await visitor.last(conversation.id);
      }
      const { content, metadata } = projectJob(record?.job ?? sampleJob());
      const kept = Object.entries(metadata).filter(([, value]) => value !== null);
      expect(message.content).toBe(content);
      expect(message.extra_metadata).toMatchObject(Object.fromEntries(kept));
      checked.add(record?.job.lastEventSeq ?? 0);
    };
    const checked = new Set<number>();
    await agrees();
    const run = await provider.nextRun();
    for (let step = 1; step <= 20; step++) {
      await run.step(step);
      await agrees();
    }
    await run.finish();
    await eventually(async () => {
      await agrees();
      return log.peek(jobId)?.job.status === 'completed';
    });
    await agrees();
    expect(checked.size).toBeGreaterThan(2);
  });
});

describe('Sockets of the owner', () => {
  it('[M8] hear of a new message, a picture’s end, a rename and a deletion, on every page', async () => {
    const { visitor, conversation, provider, url } = await start();
    const sockets = [await openSocket(url, visitor.headers), await openSocket(url, visitor.headers)];
    const heard = async () => {
      const messages = await Promise.all(sockets.map((socket) => socket.next('conversation')));
      for (const message of messages) expect(message.conversationId).toBe(conversation.id);
    };
    await visitor.say(conversation.id, { content: 'hello' });
    await heard();
    await visitor.say(conversation.id, { content: 'draw a cat' });
    await heard();
    const run = await provider.nextRun();
    await run.step(1);
    await run.finish();
    await heard();
    expect((await visitor.last(conversation.id)).content).not.toBe(IMAGE_PENDING);
    await visitor.ask('PATCH', path(conversation.id), { title: 'Cats' });
    await heard();
    await visitor.ask('DELETE', path(conversation.id));
    await heard();
    for (const socket of sockets) {
      const told = socket.inbox.all.filter(({ type }) => type === 'conversation');
      expect(told).toHaveLength(5);
    }
  });

  it('[R9] [M8] a page’s socket without an identity gets one with its handshake, and hears of what it makes', async () => {
    const { url } = await startManual();
    const socket = await openSocket(url, { origin: url });
    const [cookie = ''] = socket.setCookie;
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    const headers = { cookie: cookie.split(';')[0] ?? '', 'content-type': 'application/json' };
    const made = await fetch(`${url}/api/conversations`, { method: 'POST', headers, body: '{}' });
    expect(made.headers.getSetCookie()).toEqual([]);
    const { conversation } = ConversationResponse.parse(await made.json());
    expect((await socket.next('conversation')).conversationId).toBe(conversation.id);
    // Whoever has one keeps it, and a program that shows no page needs none.
    expect((await openSocket(url, { origin: url, cookie: headers.cookie })).setCookie).toEqual([]);
    expect((await openSocket(url)).setCookie).toEqual([]);
  });

  it('[M8][M1] strangers’ and unknown sockets hear nothing', async () => {
    const { visitor, conversation, url } = await start();
    const stranger = createVisitor(url);
    await stranger.converse();
    const others = [await openSocket(url, stranger.headers), await openSocket(url)];
    const own = await openSocket(url, visitor.headers);
    await visitor.say(conversation.id, { content: 'hello' });
    await own.next('conversation');
    for (const socket of others) {
      socket.send({ type: 'ping' });
      await socket.next('pong');
      expect(socket.inbox.all.map(({ type }) => type)).not.toContain('conversation');
    }
  });
});
