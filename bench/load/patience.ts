/** After this a request counts as unanswered, though it goes on waiting. */
const UNANSWERED_MS = 5_000;
/** After this the server is given up: it has locked up, and every further request would only wait as long. */
const GIVE_UP_MS = 30_000;

/** The server did not answer for 30 s: the whole load ends. */
export class ServerLostError extends Error {}

/** Watches one request. Returns what ends the watch; `giveUp` is called at most once, after 30 s. */
export function watchRequest(
  path: string,
  onUnanswered: (path: string) => void,
  giveUp: (error: ServerLostError) => void,
): () => void {
  let waited = 0;
  const patience = setInterval(() => {
    if (waited === 0) onUnanswered(path);
    waited += UNANSWERED_MS;
    if (waited < GIVE_UP_MS) return;
    clearInterval(patience);
    giveUp(new ServerLostError(`${path} was not answered for ${GIVE_UP_MS / 1000} s.`));
  }, UNANSWERED_MS);
  return () => clearInterval(patience);
}
