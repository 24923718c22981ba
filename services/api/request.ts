import type { IncomingMessage } from 'node:http'
import { ProblemError } from './problem.ts'

/** A request as handlers get it: checked, bounded in size, and without the socket. */
export interface ApiRequest {
  method: string
  /** Decoded path, without the query. */
  path: string
  query: URLSearchParams
  /** Host name of the Host field, in lower case and without the port. */
  host: string
  /** True if the request came over TLS. */
  secure: boolean
  remoteAddress: string
  /** The Authorization field; undefined if there is none or the request came without TLS. */
  authorization: string | undefined
  /** Empty for methods other than POST. */
  body: Buffer
}

/** Bound on a body. Octets. */
export const MAX_BODY = 64 * 1024

/** Reads a request with its body. Rejects with a ProblemError: 400 for a URL that is not valid, 413 for a body that is too large. */
export async function readRequest(incoming: IncomingMessage, secure: boolean): Promise<ApiRequest> {
  // With two leading slashes, the first segment would be parsed as a host (RFC 3986, 4.2).
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
  // The loop must not destroy the request when it ends early: the connection is still needed for the answer.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) throw new ProblemError(413, `the body is larger than ${MAX_BODY} octets`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
