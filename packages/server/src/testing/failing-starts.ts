/**
 * Starts of `main.ts` that fail, one after the other in one process, which has to load the server's code only once: for
 * each environment that the parent process sends over Node's IPC channel it answers what would have been printed, and the
 * exit code. A start that succeeds ends the process.
 */
import * as z from 'zod/mini';
import { runServer } from '../run-server.ts';

const Environment = z.record(z.string(), z.string());
let stdout = '';
let stderr = '';

console.log = (text: string) => {
  stdout += `${text}\n`;
  // It listens.
  process.disconnect?.();
};
console.error = (text: string) => {
  stderr += `${text}\n`;
};

const exit = process.exit;
process.exit = ((code: number) => {
  process.send?.({ code, stdout, stderr });
}) as typeof process.exit;

process.on('message', (message) => {
  stdout = '';
  stderr = '';
  runServer(Environment.parse(message));
});
process.on('disconnect', () => exit(0));
