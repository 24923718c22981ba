import type { IncomingMessage } from 'node:http'
import { ProblemError } from './problem.ts'

/** A request as a handler sees it: checked, bounded, and without the socket. */
export interface ApiRequest {
  method: string
  /** Decoded path, without the query. */
  path: string
  query: URLSearchParams
  /** Of the Host field: lower case, without the port. */
  host: string
  /** Whether it came by TLS. */
  secure: boolean
  remoteAddress: string
  /** The Authorization field; undefined where there is none, or where it came in clear. */
  authorization: string | undefined
  /** Empty for methods without one. */
  body: Buffer
}

/** Most octets of a body. */
export const MAX_BODY = 64 * 1024

/** Reads a request, its body with it; throws a Problem. */
export async function readRequest(incoming: IncomingMessage, secure: boolean): Promise<ApiRequest> {
  // Two slashes at its beginning would make a host of the first part (RFC 3986, 4.2).
  const url = URL.parse((incoming.url ?? '').replace(/^\/{2,}/, '/'), 'http://host.invalid')
  if (url === null) throw new ProblemError(400, 'the URL of the request is not valid')
  return {
    method: incoming.method ?? '',
    path: decoded(url.pathname),
    query: url.searchParams,
    host: hostOf(incoming.headers.host ?? ''),
    secure,
    remoteAddress: incoming.socket.remoteAddress ?? '',
    authorization: secure ? incoming.headers.authorization : undefined,
    body: incoming.method === 'POST' ? await readBody(incoming) : Buffer.alloc(0),
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new ProblemError(400, 'the path of the request cannot be decoded')
  }
}

const hostOf = (field: string): string => field.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // What is too large is left where it is: the connection is still needed, for the answer.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) throw new ProblemError(413, `the body is larger than ${MAX_BODY} octets`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
