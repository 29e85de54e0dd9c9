import { afterAll, beforeAll } from 'vitest';
import { type S3Server, startS3 } from './s3-server.ts';

/** An S3 server for the tests of a file. */
export function useS3Server(): () => S3Server {
  let s3: S3Server | undefined;
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3?.remove());
  return () => {
    if (s3 === undefined) throw new Error('the S3 server runs only during tests');
    return s3;
  };
}
