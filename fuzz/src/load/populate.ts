import {
  ConversationResponse,
  JobResponse,
  JobSnapshotResponse,
  TurnResponse,
  UploadResponse,
} from '@darkroom/protocol';
import { TINY_PNG } from '../../../packages/server/src/testing/scripted-provider.ts';
import type { KnownIds } from '../inputs/known-ids.ts';

const JOBS = 4;

/** What hostile requests find on the server, and the cookie of its owner. */
export interface Population {
  readonly known: KnownIds;
  readonly cookie: string;
}

/** Makes a few of everything; `owner`: the cookie of the owner, if it is known already. */
export async function populate(url: string, owner = ''): Promise<Population> {
  let cookie = owner;
  const post = async (path: string, body: BodyInit, type = 'application/json'): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': type, cookie }, body });
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
    return await response.json();
  };
  const { conversation } = ConversationResponse.parse(await post('/api/conversations', '{"title":"Known"}'));
  const { upload } = UploadResponse.parse(await post('/api/uploads', new Uint8Array(TINY_PNG), 'image/png'));
  const jobs: string[] = [];
  const messages: string[] = [];
  for (let count = 0; count < JOBS; count++) {
    const body = JSON.stringify({ prompt: `a known lighthouse ${count}`, options: { steps: 5, image: upload.url } });
    jobs.push(JobResponse.parse(await post('/api/jobs', body)).job.id);
    const said = await post(`/api/conversations/${conversation.id}/messages`, '{"content":"draw a boat"}');
    messages.push(...TurnResponse.parse(said).messages.map(({ id }) => `${id}`));
  }
  const images: string[] = [];
  for (const id of jobs) {
    const response = await fetch(`${url}/api/jobs/${id}?after=0&wait=20`);
    const { job } = JobSnapshotResponse.parse(await response.json());
    images.push(...[job.previewUrl, ...(job.resultUrls ?? [])].flatMap((each) => each?.split('/').at(-1) ?? []));
  }
  const uploads = [upload.url.split('/').at(-1) ?? ''];
  return { known: { jobs, conversations: [conversation.id], messages, uploads, images }, cookie };
}
