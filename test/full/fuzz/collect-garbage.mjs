// Runs inside the measured server, by `node --import`: nothing of it is in the program. A signal makes it collect all
// garbage, so that what is resident afterwards is kept, and not merely not yet looked at.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
process.on('SIGUSR2', () => {
  // What a first pass finds unreachable may hold what only a second one frees.
  collect();
  collect();
});
