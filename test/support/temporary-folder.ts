import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * Makes an empty folder that is removed, with all that is in it, when the test has finished. Returns its absolute path
 * without symbolic links. Called outside of a test, it takes the hook that cleans up: `temporaryFolder(afterAll)`.
 */
export function temporaryFolder(cleanUp: (action: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'touchstone-'));
  cleanUp(() => {
    // Retries: on Windows a file that has just been closed can still be held for a moment.
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return folder;
}
