import { join } from 'node:path';
import { describeStore } from './contract.ts';
import { openStore } from './open-store.ts';

describeStore('the SQLite store', (folder) => openStore({ file: join(folder, 'touchstone.db') }));
