import { isIPv4, isIPv6 } from 'node:net';

/** A DNS server: a literal address, since a name would need a server to be looked up. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

/** RFC 1035 section 4.2: port 53 for UDP and TCP. */
const DNS_PORT = 53;

/** Reads `V4`, `V4:PORT`, `V6`, `[V6]` or `[V6]:PORT`; undefined for anything else. The default port is 53. */
export function parseServerAddress(text: string): ServerAddress | undefined {
  if (isIPv6(text)) return { address: text, port: DNS_PORT };
  const parts = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:[\]]+))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const { v4, v6 } = parts;
  const address = v6 === undefined ? v4 : v6;
  const port = parts.port === undefined ? DNS_PORT : Number(parts.port);
  if (address === undefined || port < 1 || port > 65535) return undefined;
  if (v6 === undefined ? !isIPv4(address) : !isIPv6(address)) return undefined;
  return { address, port };
}

/** `V4:PORT` or `[V6]:PORT`: how a server is named in answers. */
export function formatServerAddress(server: ServerAddress): string {
  return isIPv6(server.address) ? `[${server.address}]:${server.port}` : `${server.address}:${server.port}`;
}
