import { describe, expect, it } from 'vitest';
import { concernsOneWrite, toStorageError } from './storage-error.ts';

const withCode = (code: string) => Object.assign(new Error('no'), { code });
/** As `node:sqlite` throws it. */
const sqlite = (errcode: number) => Object.assign(new Error('no'), { code: 'ERR_SQLITE_ERROR', errcode });

describe('concernsOneWrite', () => {
  it.each([
    ['a value that PostgreSQL cannot store', withCode('22021')],
    ['a number out of range', withCode('22003')],
    ['a key that is taken', withCode('23505')],
    ['an index entry that is too large', withCode('54000')],
    ['a constraint of SQLite', sqlite(2067)],
    ['a value too large for SQLite', sqlite(18)],
    ['the code of a write', new TypeError('x is undefined')],
    ['what is no error', 'no'],
  ])('is true of %s', (_what, thrown) => {
    expect(concernsOneWrite(thrown)).toBe(true);
    expect(concernsOneWrite(toStorageError('cannot write', thrown))).toBe(true);
  });

  it.each([
    ['a full disk', withCode('53100')],
    ['a database that may only be read', withCode('25006')],
    ['a table that is missing', withCode('42P01')],
    ['a statement prepared for other tables', withCode('0A000')],
    ['a statement that took too long', withCode('57014')],
    ['a server that stops', withCode('57P01')],
    ['an input/output error', withCode('58030')],
    ['a database of SQLite that is in use', sqlite(5)],
    ['a full disk under SQLite', sqlite(13)],
    ['a database of SQLite that may only be read', sqlite(8)],
    ['an input/output error under SQLite', sqlite(10 | (3 << 8))],
  ])('is false of %s', (_what, thrown) => {
    expect(concernsOneWrite(thrown)).toBe(false);
    expect(concernsOneWrite(toStorageError('cannot write', thrown))).toBe(false);
  });
});
