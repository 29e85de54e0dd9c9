import { createServer, type IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AwsKeys } from '../../config.ts';
import { registerImagesContract } from '../../images.contract.ts';
import type { ImageKey } from '../../images.ts';
import { isStorageError } from '../../storage-error.ts';
import { eventually } from '../../testing/eventually.ts';
import { JPEG } from '../../testing/manual-provider.ts';
import { S3_KEYS } from '../../testing/s3-server.ts';
import { useS3Server } from '../../testing/use-s3-server.ts';
import { S3Images } from './s3-images.ts';
import { parseS3ImagesUrl } from './s3-images-config.ts';

const s3 = useS3Server();

async function openAt(text: string, keys: AwsKeys = S3_KEYS): Promise<S3Images> {
  const images = await S3Images.open(parseS3ImagesUrl(new URL(text)), keys);
  onTestFinished(() => images.close());
  return images;
}

const address = (bucket: string, options = '') => `s3://${bucket}?endpoint=${s3().endpoint}${options}`;

registerImagesContract({
  name: 'S3Images',
  create: async () => openAt(address(await s3().newBucket())),
});

registerImagesContract({
  name: 'S3Images in a folder of a bucket',
  create: async () => openAt(address(await s3().newBucket(), '&prefix=shared/darkroom')),
});

const JOB = 'a'.repeat(22);

const KEY: ImageKey = { ownerId: JOB, kind: 'images', name: '1-0123456789ab.jpg' };

/** A server that answers whatever the test says. */
async function startScripted(answer: (request: IncomingMessage, body: string) => [status: number, body: string]) {
  const server = createServer(async (request, response) => {
    const [status, text] = answer(request, await readText(request));
    response.writeHead(status, { 'content-type': 'application/xml' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return openAt(`s3://bucket?endpoint=http://127.0.0.1:${address.port}`);
}

/** A bucket that lists two names at a time. The S3 server of the other tests cannot: its cipher of page marks is gone from OpenSSL. */
function bucketInPages(names: readonly string[]) {
  const left = new Set(names);
  const deletions: number[] = [];
  const list = (url: URL) => {
    const after = url.searchParams.get('continuation-token') ?? '';
    const prefix = url.searchParams.get('prefix') ?? '';
    const found = [...left].filter((name) => name.startsWith(prefix) && name > after).sort();
    const page = found.slice(0, 2);
    const more = found.length > page.length;
    const entries = page.map((name) =>
      url.searchParams.has('delimiter')
        ? `<CommonPrefixes><Prefix>${name.slice(0, name.lastIndexOf('/') + 1)}</Prefix></CommonPrefixes>`
        : `<Contents><Key>${name}</Key></Contents>`,
    );
    const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${entries.join('')}</ListBucketResult>`;
  };
  const remove = (body: string) => {
    const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key ?? '');
    for (const key of keys) left.delete(key);
    deletions.push(keys.length);
    return '<DeleteResult/>';
  };
  const answer = ({ method, url }: IncomingMessage, body: string): [number, string] => [
    200,
    method === 'POST' ? remove(body) : list(new URL(url ?? '', 'http://s3')),
  ];
  return { left, deletions, answer };
}

describe('S3Images', () => {
  it('[J5] another instance, as on another machine, finds the pictures', async () => {
    const bucket = await s3().newBucket();
    await (await openAt(address(bucket))).put(KEY, JPEG);
    expect((await (await openAt(address(bucket))).get(KEY))?.bytes).toEqual(new Uint8Array(JPEG.bytes));
  });

  it('folders of one bucket are apart', async () => {
    const bucket = await s3().newBucket();
    const [one, two] = [await openAt(address(bucket, '&prefix=one')), await openAt(address(bucket, '&prefix=two/'))];
    await one.put(KEY, JPEG);
    await two.deleteJob(JOB);
    expect(await two.get(KEY)).toBeUndefined();
    expect(await one.get(KEY)).toBeDefined();
  });

  it('removes everything, however many pages it is listed in', async () => {
    const other = `jobs/${'b'.repeat(22)}/images/1.jpg`;
    const names = Array.from({ length: 5 }, (_none, index) => `jobs/${JOB}/frames/${index}.jpg`);
    const { left, deletions, answer } = bucketInPages([...names, other]);
    await (await startScripted(answer)).deleteJob(JOB);
    expect([...left]).toEqual([other]);
    expect(deletions).toEqual([2, 2, 1]);
  });

  it('lists uploads, however many pages they are listed in', async () => {
    const ids = Array.from({ length: 5 }, (_none, index) => String(index).padStart(22, 'u'));
    const { answer } = bucketInPages(ids.map((id) => `uploads/${id}/picture.png`));
    expect(await (await startScripted(answer)).listUploads()).toEqual(ids);
  });

  it('several processes may remove the same pictures at the same time', async () => {
    const bucket = await s3().newBucket();
    const several = await Promise.all(Array.from({ length: 4 }, () => openAt(address(bucket))));
    await several[0]?.put(KEY, JPEG);
    await several[0]?.put({ ...KEY, kind: 'uploads' }, JPEG);
    await Promise.all(several.map((images) => images.deleteJob(JOB)));
    await Promise.all(several.map((images) => images.deleteUpload(JOB)));
    expect(await several[1]?.get(KEY)).toBeUndefined();
    expect(await several[1]?.listUploads()).toEqual([]);
  });
});

describe('S3Images, when the storage fails', () => {
  it('a server that is away for a moment is asked again', async () => {
    const answers = [503, 500, 503, 200];
    const images = await startScripted(() => [answers.shift() ?? 400, '']);
    await images.put(KEY, JPEG);
    expect(answers).toEqual([]);
  });

  it('a picture that could not be removed is not said to be', async () => {
    const images = await startScripted(({ method }) => [
      200,
      method === 'POST'
        ? '<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>'
        : '<ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>',
    ]);
    await expect(images.deleteJob(JOB)).rejects.toThrow('the object storage says AccessDenied');
  });

  it('a server that is gone is a StorageError in plain words, and used again once it is back', async () => {
    const images = await openAt(address(await s3().newBucket()));
    await images.put(KEY, JPEG);
    await s3().pause();
    const failures = await Promise.all([
      images.put(KEY, JPEG).catch((thrown: unknown) => thrown),
      images.get(KEY).catch((thrown: unknown) => thrown),
      images.check().catch((thrown: unknown) => thrown),
      images.deleteJob(JOB).catch((thrown: unknown) => thrown),
      images.listUploads().catch((thrown: unknown) => thrown),
    ]);
    await s3().resume();
    expect(failures.every(isStorageError)).toBe(true);
    expect(String(failures[0])).toBe('StorageError: cannot store the picture: the object storage cannot be reached');
    await eventually(() =>
      images.check().then(
        () => true,
        () => false,
      ),
    );
    expect((await images.get(KEY))?.bytes).toEqual(new Uint8Array(JPEG.bytes));
  });

  it.each([
    ['a wrong secret', { accessKeyId: 'S3RVER', secretAccessKey: 'hunter2' }, 'refuses the secret key'],
    ['an unknown key', { accessKeyId: 'hunter2', secretAccessKey: 'hunter2' }, 'does not know the access key'],
  ])('%s is said without the key', async (_what, keys, words) => {
    const images = await openAt(address(await s3().newBucket()), keys);
    const failure = await images.put(KEY, JPEG).catch((thrown: unknown) => thrown);
    expect(isStorageError(failure)).toBe(true);
    expect(String(failure)).toContain(words);
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('hunter2');
    await expect(images.check()).rejects.toSatisfy(isStorageError);
  });

  it('a bucket that does not exist is no missing picture', async () => {
    const images = await openAt(address('no-such-bucket'));
    await expect(images.get(KEY)).rejects.toThrow('cannot read the picture: the bucket does not exist');
    await expect(images.put(KEY, JPEG)).rejects.toThrow('the bucket does not exist');
    await expect(images.check()).rejects.toThrow('the bucket does not exist');
  });
});
