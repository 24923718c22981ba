import { createHash } from 'node:crypto'
import { Agent as PlainAgent, request as plainRequest } from 'node:http'
import type { IncomingMessage, RequestOptions as NodeRequestOptions } from 'node:http'
import { Agent, request } from 'node:https'
import type { Access, Connection, TlsMaterial } from './access.ts'
import { ApiError } from './errors.ts'
import type { ObjectRef } from '../object/object.ts'

export interface Exchange {
  method: string
  path: string
  query?: Record<string, string | number | boolean | undefined>
  body?: string
  contentType?: string
  signal: AbortSignal
  /** The answer lasts for minutes: the request gets its own connection. */
  stream?: boolean
  ref?: Partial<ObjectRef>
}

export interface Transport {
  /** The answer, with its body still unread. Throws ApiError `Unreachable` or `Timeout`. */
  send(exchange: Exchange): Promise<IncomingMessage>
  close(): void
}

/** Connections that requests share, except streams. */
const CONNECTIONS = 32
/** A dead connection is detected after this time plus ten seconds. */
const KEEP_ALIVE_MS = 10_000

interface Agents {
  /** Digest of their TLS settings. */
  mark: string
  short: PlainAgent
  long: PlainAgent
}

/** HTTP to an API server, over persistent connections, which are replaced when the certificates change. */
export function createTransport(connection: Promise<Connection>): Transport {
  let agents: Agents | undefined

  function agentFor(server: string, access: Access, stream: boolean): PlainAgent {
    if (access.agent !== undefined) return access.agent
    const mark = markOf(access.tls)
    if (agents?.mark !== mark) {
      // Requests and streams that are in progress continue until they end.
      retire(agents?.short)
      retire(agents?.long)
      agents = makeAgents(server, access.tls, mark)
    }
    return stream ? agents.long : agents.short
  }

  return {
    async send(exchange) {
      const { server, access } = await connection
      const allowed = await access()
      const url = new URL(`${server}${exchange.path}`)
      for (const [name, value] of Object.entries(exchange.query ?? {})) {
        if (value !== undefined) url.searchParams.set(name, String(value))
      }
      const options: NodeRequestOptions = {
        method: exchange.method,
        agent: agentFor(server, allowed, exchange.stream === true),
        signal: exchange.signal,
        headers: {
          accept: 'application/json',
          'user-agent': 'postrider-operator',
          ...(exchange.body === undefined
            ? {}
            : {
                'content-type': exchange.contentType ?? 'application/json',
                'content-length': Buffer.byteLength(exchange.body),
              }),
          ...allowed.headers,
        },
      }
      return once(url, options, exchange)
    },
    close() {
      agents?.short.destroy()
      agents?.long.destroy()
    },
  }
}

/** The server may close a persistent connection just when it is reused: then the request is retried, unless it is a POST, which may
 * have created something. */
async function once(url: URL, options: NodeRequestOptions, exchange: Exchange): Promise<IncomingMessage> {
  for (let attempt = 1; ; attempt++) {
    const answer = await dial(url, options, exchange.body)
    if ('message' in answer) return answer.message
    const { error, reused } = answer
    if (reused && attempt < 3 && exchange.method !== 'POST' && !exchange.signal.aborted) continue
    throw brokenOff(error, exchange)
  }
}

type Answer = { message: IncomingMessage } | { error: unknown; reused: boolean }

function dial(url: URL, options: NodeRequestOptions, body: string | undefined): Promise<Answer> {
  return new Promise((resolve) => {
    const sent = (url.protocol === 'http:' ? plainRequest : request)(url, options)
    sent.once('response', (message) => resolve({ message }))
    // The message also emits errors that come after the answer began; without a listener here they would end the process.
    sent.on('error', (error) => resolve({ error, reused: sent.reusedSocket }))
    sent.setNoDelay(true)
    sent.setSocketKeepAlive(true, KEEP_ALIVE_MS)
    sent.end(body)
  })
}

/** The error for a request that was not answered, or not completely. */
export function brokenOff(error: unknown, { method, path, signal, ref }: Exchange): ApiError {
  const late = signal.aborted && signal.reason instanceof Error && signal.reason.name === 'TimeoutError'
  const detail = error instanceof Error ? error.message : String(error)
  return new ApiError(
    {
      status: 0,
      reason: late ? 'Timeout' : 'Unreachable',
      message: late ? `no timely answer to ${method} ${path}` : `${method} ${path}: ${detail}`,
      ...(ref === undefined ? {} : { ref }),
    },
    { cause: error },
  )
}

/** Closes the idle connections of an agent now, and each busy one when it is answered. */
function retire(agent: PlainAgent | undefined): void {
  if (agent === undefined) return
  agent.maxFreeSockets = 0
  for (const socket of Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy()
}

function makeAgents(server: string, tls: TlsMaterial, mark: string): Agents {
  const settings = { ...tls, keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, scheduling: 'lifo' as const }
  const make = (maxSockets: number): PlainAgent =>
    server.startsWith('http:')
      ? new PlainAgent({ keepAlive: true, maxSockets })
      : new Agent({ ...settings, maxSockets })
  return { mark, short: make(CONNECTIONS), long: make(Infinity) }
}

function markOf(tls: TlsMaterial): string {
  const hash = createHash('sha256')
  for (const part of [tls.ca, tls.cert, tls.key, tls.servername, String(tls.rejectUnauthorized)]) {
    hash.update(part ?? '').update('\0')
  }
  return hash.digest('base64')
}
