import type { Express, Request, Response } from 'express';
import express from 'express';
import type { ParserRefusal, ParserRefusalAnswer } from '../../runtime/parser-refusal.ts';

/** A certificate that leaves name in their authority information access. */
export interface PublishedIssuer {
  /** The subject key identifier in lower-case hex, which is its name here. */
  readonly subjectKeyId: string;
  readonly der: Uint8Array;
}

const TEXT = 'text/plain; charset=utf-8';

/** The path of an issuer's certificate below the publication server, for instance `/issuer/0a1b.der`. */
export function issuerPath(subjectKeyId: string): string {
  return `/issuer/${subjectKeyId}.der`;
}

/**
 * What relying parties fetch over plain HTTP: the issuers' certificates, at the addresses that leaves name (RFC 5280
 * section 4.2.2.1). `issuers` is asked at each request.
 */
export function createPublicationApplication(issuers: () => readonly PublishedIssuer[]): Express {
  const application = express();
  application.disable('x-powered-by');
  application.set('etag', false);
  application.enable('case sensitive routing');
  application
    .route('/issuer/:file')
    .get((request, response) => sendIssuer(issuers(), request, response))
    .all((_request, response) => {
      response.set('Allow', 'GET, HEAD');
      sendText(response, 405, 'This resource takes GET and HEAD.');
    });
  application.use((_request, response) =>
    sendText(response, 404, 'There is nothing at this URL. Issuer certificates are below /issuer/.'),
  );
  // express tells its error handlers by their four parameters.
  application.use((_error: unknown, _request: Request, response: Response, _next: unknown) =>
    sendText(response, 400, 'This URL cannot be read.'),
  );
  return application;
}

/** The answer to what Node's HTTP parser refuses. */
export function answerPublicationParserRefusal({ status }: ParserRefusal): ParserRefusalAnswer {
  return {
    status,
    reasonPhrase: 'Refused',
    headers: { 'Content-Type': TEXT },
    body: 'This is not a request that this server can read.\n',
  };
}

function sendIssuer(issuers: readonly PublishedIssuer[], request: Request, response: Response): void {
  const issuer = issuers.find(({ subjectKeyId }) => issuerPath(subjectKeyId) === request.path);
  if (issuer === undefined) {
    sendText(response, 404, 'No issuer of this server has that key identifier.');
    return;
  }
  // RFC 5280 section 4.2.2.1: a single certificate is served as DER under this media type.
  response.writeHead(200, {
    'Content-Type': 'application/pkix-cert',
    'Content-Length': issuer.der.length,
    'Cache-Control': 'public, max-age=3600',
  });
  response.end(issuer.der);
}

function sendText(response: Response, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': TEXT, 'Content-Length': Buffer.byteLength(text) + 1 });
  response.end(`${text}\n`);
}
