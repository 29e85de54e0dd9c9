import { describe, expect, it } from 'vitest';
import { parseS3ImagesUrl } from './s3-images-config.ts';

const parse = (text: string) => parseS3ImagesUrl(new URL(text));

describe('parseS3ImagesUrl', () => {
  it('needs only a bucket', () => {
    expect(parse('s3://my-pictures')).toEqual({
      bucket: 'my-pictures',
      endpoint: undefined,
      publicEndpoint: undefined,
      region: 'us-east-1',
      prefix: '',
      forcePathStyle: false,
      delivery: 'proxy',
    });
  });

  it.each([
    ['endpoint=http://minio:9000', { endpoint: new URL('http://minio:9000'), forcePathStyle: true }],
    ['endpoint=https://s3.example&forcePathStyle=false', { forcePathStyle: false }],
    ['forcePathStyle=true', { forcePathStyle: true }],
    ['publicEndpoint=https://pictures.example', { publicEndpoint: new URL('https://pictures.example') }],
    ['region=eu-central-1', { region: 'eu-central-1' }],
    ['prefix=darkroom', { prefix: 'darkroom/' }],
    ['prefix=a/b.c/', { prefix: 'a/b.c/' }],
    ['delivery=redirect', { delivery: 'redirect' }],
  ])('?%s is taken', (options, expected) => {
    expect(parse(`s3://my-pictures?${options}`)).toMatchObject(expected);
  });

  it.each([
    ['s3:my-pictures', 'must be s3://bucket?option=value'],
    ['s3://My_Pictures', 'must be s3://bucket?option=value'],
    ['s3://my-pictures:9000', 'must be s3://bucket?option=value'],
    ['s3://my-pictures/folder', 'a folder in the bucket is the option "prefix"'],
    ['s3://my-pictures?endpoint=minio', 'endpoint must be an http:// or https:// address'],
    ['s3://my-pictures?publicEndpoint=ftp://a', 'publicEndpoint must be an http:// or https:// address'],
    ['s3://my-pictures?region=a%20b', 'region must be a region such as eu-central-1'],
    ['s3://my-pictures?prefix=/a', 'prefix must be folders'],
    ['s3://my-pictures?forcePathStyle=yes', 'forcePathStyle must be true or false'],
    ['s3://my-pictures?delivery=direct', 'delivery must be proxy or redirect'],
    ['s3://my-pictures?delivery=proxy&delivery=proxy', '"delivery" is given twice'],
    ['s3://my-pictures?bucket=a', 'it knows endpoint, publicEndpoint, region, prefix, forcePathStyle, delivery'],
  ])('%s is refused', (text, expected) => {
    expect(() => parse(text)).toThrow(expected);
  });

  it.each([
    's3://key:hunter2@my-pictures',
    's3://my-pictures?secretAccessKey=hunter2',
    's3://my-pictures?hunter2=x',
    's3://my-pictures?endpoint=http://key:hunter2@minio',
    's3://hunter2@my-pictures',
  ])('a secret in %s is refused and not repeated', (text) => {
    expect(() => parse(text)).toThrow();
    expect(() => parse(text)).not.toThrow('hunter2');
  });
});
