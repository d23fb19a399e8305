import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Constructors that a server makes its requests and responses with. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * Constructors whose instances have the given prototypes from birth. An express application otherwise swaps the
 * prototypes of every request and response that it is handed, which slows all of node:http and doubles the CPU time of
 * a request; with these the swap changes nothing. `prototypes` are the application's own `request` and `response`.
 */
export function messageClassesFor(prototypes: {
  readonly request: object;
  readonly response: object;
}): MessageClasses {
  // Plain functions, because the `prototype` of a class cannot be replaced.
  function ApplicationRequest(this: IncomingMessage, socket: Socket): void {
    IncomingMessage.call(this, socket);
  }
  function ApplicationResponse(
    this: ServerResponse,
    ...args: ConstructorParameters<typeof ServerResponse>
  ): void {
    ServerResponse.call(this, ...args);
  }
  ApplicationRequest.prototype = prototypes.request;
  ApplicationResponse.prototype = prototypes.response;
  return {
    IncomingMessage: ApplicationRequest as unknown as typeof IncomingMessage,
    ServerResponse: ApplicationResponse as unknown as typeof ServerResponse,
  };
}
