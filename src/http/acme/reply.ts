/** What an endpoint answers; the frame adds what every response carries. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

type ReplyHeaders = Reply['headers'];

/** A JSON resource. Two spaces of indentation: people read these too. */
export function jsonReply(status: number, resource: object, headers: ReplyHeaders = {}): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: `${JSON.stringify(resource, undefined, 2)}\n`,
  };
}

/** A response without a body. */
export function emptyReply(status: number, headers: ReplyHeaders = {}): Reply {
  return { status, headers, body: '' };
}
