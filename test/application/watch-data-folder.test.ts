import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { startTouchstone } from '../../src/application/start-touchstone.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test.each(['lock', 'touchstone.db', 'touchstone.db-wal'])(
  'a server whose %s is removed says so: what it acknowledges would go into a file that nobody finds',
  async (name) => {
    const dataFolder = join(temporaryFolder(), 'data');
    const config = parseConfiguration({ acme: { port: 0 }, publication: { port: 0 } });
    const lost = new Promise<Error>((onFatal) => {
      const starting = startTouchstone({ config, dataFolder, onFatal });
      onTestFinished(async () => (await starting).stop());
      void starting.then(() => rmSync(join(dataFolder, name)));
    });
    expect((await lost).message).toContain(join(dataFolder, name));
  },
);
