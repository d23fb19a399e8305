// `npm start`: prepare the checkout, then be the server, in this very process, so that signals reach it.
import { prepare } from './prepare.mjs';

prepare();
process.argv.splice(2, 0, 'serve');
await import('../dist/cli/touchstone.js');
