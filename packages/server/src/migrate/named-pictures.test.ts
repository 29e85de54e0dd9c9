import { expect, it } from 'vitest';
import { namedPictures } from './named-pictures.ts';

const ID = 'j'.repeat(22);
const OTHER = 'o'.repeat(22);
const picture = (kind: string, number: number, id = ID) => `/api/jobs/${id}/${kind}/${number}-0123456789ab.png`;

it('names every picture of a job once, whichever field of the job or its events names it, and nobody else’s', () => {
  const job = { options: { image: picture('inputs', 1) }, resultUrls: [picture('images', 1), picture('images', 2)] };
  const events = [
    { previewUrl: picture('frames', 3) },
    { resultUrls: [picture('images', 1)] },
    { previewUrl: '/api/placeholders/no-backend.png' },
    { message: picture('frames', 4, OTHER), prompt: `look at ${picture('frames', 5)}` },
    { previewUrl: `/api/jobs/${ID}/frames/../../x.png` },
  ];
  const rows = events.map((event, index) => ({ job_id: ID, seq: index + 1, event: JSON.stringify(event) }));
  const found = namedPictures([{ id: ID, job: JSON.stringify(job) }], rows);
  expect(found.map(({ ownerId, kind, name }) => `/api/jobs/${ownerId}/${kind}/${name}`)).toEqual([
    picture('inputs', 1),
    picture('images', 1),
    picture('images', 2),
    picture('frames', 3),
  ]);
});
