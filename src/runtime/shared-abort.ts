import { setMaxListeners } from 'node:events';

/**
 * An AbortController whose signal any number may listen to at once, such as the twelve perspectives of a validation. Node.js
 * takes more than ten listeners for a leak and warns on stderr, past the log; whoever listens to such a signal takes the
 * listener off when its work is done.
 */
export function createSharedAbort(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
