import { inspect } from 'node:util';
import { pino } from 'pino';
import { compose, type Overrides } from './compose.ts';
import { ConfigError, type Environment, readConfig } from './config.ts';
import { keepFilesPrivate } from './data-folder.ts';
import { allowOnlyLoaders } from './image-files/image-loaders.ts';
import { readSecretFiles } from './secret-files.ts';
import { createRedaction } from './secret-texts.ts';
import { isStorageError, operatorMessage } from './storage-error.ts';

/** Maximum time of a graceful stop, in milliseconds. Work that no process could resume is waited for, up to a minute. */
const STOP_MS = 75_000;

async function start(environment: Environment, redact: (text: string) => string, overrides: Overrides): Promise<void> {
  // The painter's own drawings: what comes from outside is decoded in another process (`ImageDecoder`).
  allowOnlyLoaders(['svg']);
  const config = readConfig(environment);
  const logger = pino({ level: config.logLevel, hooks: { streamWrite: redact } });
  const darkroom = await compose(config, { logger, ...overrides });
  console.log(`Darkroom is at ${darkroom.url}`);
  const stop = (signal: NodeJS.Signals) => {
    console.log(
      `${signal}: finishing; running jobs go back to the queue, or are waited for where they could not (again: stops now)`,
    );
    setTimeout(() => process.exit(1), STOP_MS).unref();
    darkroom.stop().then(
      () => process.exit(0),
      (thrown: unknown) => {
        console.error(redact(inspect(thrown)));
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

/**
 * Makes this process a server, until a signal stops it. What keeps it from starting is printed, and ends the process. No
 * secret of the environment is printed or logged, whatever an error says.
 */
export function runServer(environment: Environment, overrides: Overrides = {}): void {
  keepFilesPrivate();
  let redact = createRedaction(environment);
  async function run(): Promise<void> {
    const complete = readSecretFiles(environment);
    redact = createRedaction(complete);
    await start(complete, redact, overrides);
  }
  run().catch((thrown: unknown) => {
    console.error(redact(explain(thrown)));
    process.exit(1);
  });
}

function explain(thrown: unknown): string {
  if (isStorageError(thrown)) return `darkroom: ${operatorMessage(thrown)}`;
  const isKnown = thrown instanceof ConfigError || isAddressError(thrown);
  return isKnown ? `darkroom: ${thrown.message}` : inspect(thrown);
}

/** The port is taken, or the address is not this machine's: the message says it all. */
function isAddressError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'listen';
}
