/** `npm run rotate-key`: puts a new key before those of DATA_DIR, which go on verifying what they have signed. */
import { ConfigError, type Environment, readConfig } from '../config.ts';
import { keepFilesPrivate } from '../data-folder.ts';
import { isStorageError, operatorMessage } from '../storage-error.ts';
import { newIdentityKey } from './identity-keys.ts';
import { KEY_FILE, readKeyFile, writeKeyFile } from './key-file.ts';

/** Resolves with what was done, for people. Throws a `ConfigError` or a `StorageError`. */
async function rotate(environment: Environment): Promise<string> {
  const { database, dataDir, identityKeys } = readConfig(environment);
  if (database !== 'file' || identityKeys !== undefined)
    throw new ConfigError(
      'only the keys in DATA_DIR are changed by this command; those of IDENTITY_KEYS and of a shared database are changed by hand (docs/deployment.md, “Signing keys”)',
    );
  const keys = await readKeyFile(dataDir);
  if (keys === undefined)
    throw new ConfigError(
      `DATA_DIR must be a folder with the file ${KEY_FILE}, which Darkroom makes at its start; got "${dataDir}"`,
    );
  const added = newIdentityKey();
  await writeKeyFile(dataDir, [added, ...keys]);
  return `The key ${added.id} signs from the next start on; those before it verify (${keys.length}). They are in ${dataDir}/${KEY_FILE}.`;
}

keepFilesPrivate();
rotate(process.env).then(
  (done) => console.log(done),
  (thrown: unknown) => {
    const message = isStorageError(thrown) ? operatorMessage(thrown) : undefined;
    const known = thrown instanceof ConfigError ? thrown.message : message;
    console.error(known === undefined ? thrown : `rotate-key: ${known}`);
    process.exitCode = 1;
  },
);
