import fc, { type Arbitrary } from 'fast-check';
import { TINY_JPEG, TINY_PNG } from '../../../packages/server/src/testing/scripted-provider.ts';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><filter id="f"><feTurbulence numOctaves="9"/></filter></svg>';
/** A PNG header that promises 65,535 × 65,535 pixels. */
const HUGE = Buffer.from(TINY_PNG);
HUGE.writeUInt32BE(65_535, 16);
HUGE.writeUInt32BE(65_535, 20);

const FILES = [
  TINY_PNG.toString('latin1'),
  TINY_JPEG.toString('latin1'),
  HUGE.toString('latin1'),
  `<!--abcdWEBP-->${SVG}`,
  SVG,
  'RIFF\x00\x00\x00\x00WEBP',
  'RIFF\xff\xff\xff\xffWEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\xff\xff\xff\xff\xff\xff',
  '\xff\xd8\xff',
  '\xff\xd8\xff\xe1\xff\xff',
  '\x89PNG\r\n\x1a\n',
  'GIF89a',
  '%PDF-1.7',
  'II*\x00',
  '',
];

/** The file with some bytes replaced, cut or doubled. */
const damaged = (file: string): Arbitrary<string> =>
  fc
    .tuple(fc.nat(file.length), fc.nat(8), fc.string({ unit: 'binary', maxLength: 8 }))
    .map(([at, cut, bytes]) => file.slice(0, at) + Buffer.from(bytes).toString('latin1') + file.slice(at + cut));

/** Files that are images, nearly images, or something that only looks like one; with the type they are sent as. */
export const uploadBodies: Arbitrary<readonly [type: string, bytes: string]> = fc.tuple(
  fc.constantFrom('image/png', 'image/jpeg', 'image/webp', 'application/octet-stream', 'image/svg+xml', 'text/html'),
  fc.oneof(fc.constantFrom(...FILES), fc.constantFrom(...FILES).chain(damaged)),
);
