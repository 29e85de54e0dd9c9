import { crc32 } from 'node:zlib';

const SIGNATURE_BYTES = 8;

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

const isLatin1 = (text: string) => [...text].every((character) => (character.codePointAt(0) ?? 0) < 256);

function textChunk(keyword: string, text: string): Buffer {
  if (isLatin1(text)) return chunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'));
  // Keyword, not compressed, method 0, no language, no translated keyword.
  return chunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')]));
}

/** The same PNG with texts written into it, as `tEXt` where Latin-1 suffices and as `iTXt` elsewhere, before the picture's data. */
export function withPngText(png: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const afterHeader = SIGNATURE_BYTES + 12 + bytes.readUInt32BE(SIGNATURE_BYTES);
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text));
  return Buffer.concat([bytes.subarray(0, afterHeader), ...chunks, bytes.subarray(afterHeader)]);
}

/** The texts of a PNG by keyword. */
export function readPngText(png: Uint8Array): Record<string, string> {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const texts: Record<string, string> = {};
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    const end = data.indexOf(0);
    if (type === 'tEXt') texts[data.toString('latin1', 0, end)] = data.toString('latin1', end + 1);
    if (type === 'iTXt') texts[data.toString('latin1', 0, end)] = data.toString('utf8', end + 5);
    at += length + 12;
  }
  return texts;
}
