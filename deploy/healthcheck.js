/**
 * Ends with 0 if this process answers and can store. That a backend somewhere else is down makes `/api/health` answer
 * 503, and is no reason to restart a server.
 */
import { get } from 'node:http';
import { json } from 'node:stream/consumers';

const ANYWHERE = ['0.0.0.0', '::', ''];
const { HOST = '', PORT } = process.env;

const request = get({
  host: ANYWHERE.includes(HOST) ? '127.0.0.1' : HOST,
  port: PORT || '8787',
  path: '/api/health',
  // HOST may be a name that the server is not asked by.
  headers: { host: 'localhost' },
  timeout: 5_000,
});
request.on('timeout', () => request.destroy(new Error('no answer within 5 s')));
request.on('error', fail);
request.on('response', async (response) => {
  try {
    const { storage } = await json(response);
    if (!storage?.ok) fail(new Error(storage?.message ?? `health answered ${response.statusCode}`));
  } catch (error) {
    fail(error);
  }
});

function fail(error) {
  console.error(error.message);
  process.exit(1);
}
