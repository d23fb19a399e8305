import { createPrivateKey } from 'node:crypto';
import { dirname } from 'node:path';
import { accountKeyOf } from '../client/account-key.ts';
import type { AccountKey } from '../jws/sign.ts';
import { generateAccountKey } from '../jws/sign.ts';
import { writeDurably } from '../runtime/durable-files.ts';
import { makeFolders } from '../runtime/make-folders.ts';
import { readIfThere } from './certificate-files.ts';
import { UsageError } from './usage-error.ts';

/** The account key of the file, which is made (0600) when it is not there; without a file, a fresh key that is kept nowhere. */
export async function loadAccountKey(file: string | undefined): Promise<AccountKey> {
  const pem = file === undefined ? undefined : readIfThere(file);
  if (file !== undefined && pem !== undefined) return readKey(pem, file);
  const key = await generateAccountKey();
  if (file !== undefined) {
    makeFolders(dirname(file), 0o700);
    await writeDurably(file, key.privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  }
  return key;
}

function readKey(pem: string, file: string): AccountKey {
  try {
    return accountKeyOf(createPrivateKey(pem));
  } catch (error) {
    throw new UsageError(
      `${file} is no account key: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
