import { compose, type Overrides } from './compose.ts';
import { ConfigError, type Environment, readConfig } from './config.ts';
import { keepFilesPrivate } from './data-folder.ts';
import { isStorageError } from './storage-error.ts';

/** Maximum time of a graceful stop, in milliseconds. Work that no process could resume is waited for, up to a minute. */
const STOP_MS = 75_000;

async function start(environment: Environment, overrides: Overrides): Promise<void> {
  const darkroom = await compose(readConfig(environment), overrides);
  console.log(`Darkroom is at ${darkroom.url}`);
  const stop = (signal: NodeJS.Signals) => {
    console.log(
      `${signal}: finishing; running jobs go back to the queue, or are waited for where they could not (again: stops now)`,
    );
    setTimeout(() => process.exit(1), STOP_MS).unref();
    darkroom.stop().then(
      () => process.exit(0),
      (thrown: unknown) => {
        console.error(thrown);
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

/** Makes this process a server, until a signal stops it. What keeps it from starting is printed, and ends the process. */
export function runServer(environment: Environment, overrides: Overrides = {}): void {
  keepFilesPrivate();
  start(environment, overrides).catch((thrown: unknown) => {
    const known = thrown instanceof ConfigError || isStorageError(thrown) || isAddressError(thrown);
    console.error(known ? `darkroom: ${thrown.message}` : thrown);
    process.exit(1);
  });
}

/** The port is taken, or the address is not this machine's: the message says it all. */
function isAddressError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'listen';
}
