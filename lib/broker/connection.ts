import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import { connect, createInbox } from '@nats-io/transport-node'
import type { NatsConnection, TlsOptions } from '@nats-io/transport-node'
import { ConnectionLoss } from './connection-loss.ts'

export interface BrokerAccess {
  /** `nats://127.0.0.1:4222`, or `tls://` where TLS is required. Several servers are tried one after another, in random order. */
  servers: string[]
  user: string
  password: string
  /** TLS settings. TLS is required when they are given, or when a server's URL is `tls://`. */
  tls?: BrokerTls
}

/** PEM files. They are read at each connection, so that a renewed certificate is used from the next connection on. */
export interface BrokerTls {
  /** CAs for the servers' certificates; the system's CAs by default. */
  caFile?: string
  /** The client certificate, if the broker requires one. */
  certFile?: string
  keyFile?: string
  /** The expected name in the server's certificate, if it is not the host of the URL. */
  servername?: string
}

/** A connection to the broker for the lifetime of the process: it reconnects without a limit. */
export interface Broker {
  nc: NatsConnection
  js: JetStreamClient
  jsm: JetStreamManager
  /** Like `jsm`, with a short time-out, for requests that are repeated when there is no answer soon. */
  impatient: JetStreamManager
  /** Releases callers that wait for an answer when the connection was lost. */
  loss: ConnectionLoss
  /** False while the connection is down. Then the process is not ready, and ingress answers 451 at once. */
  readonly connected: boolean
  /** A new subject for answers, to which only this account may subscribe. */
  newInbox(): string
  /** Calls `run` after each reconnect, which may lead to another server, or to a restarted one that has lost acknowledgements. */
  onReconnect(run: () => void): void
  /** Calls `run` when the connection to the broker is lost; the client reconnects by itself. */
  onDisconnect(run: () => void): void
  close(): Promise<void>
}

/** The broker could not be reached, or refused the account. */
export class BrokerUnreachableError extends Error {
  override readonly name = 'BrokerUnreachableError'
  readonly servers: string[]
  constructor(servers: string[], options: ErrorOptions) {
    super(`no broker answers at ${servers.join(', ')}, or it rejects this account`, options)
    this.servers = servers
  }
}

/** Time limit for the TCP connection, TLS and the login at one server; then the next server is tried. Milliseconds. */
const CONNECT_MS = 5000
/** Ping interval. A connection without an answer to two pings is given up. Milliseconds. */
const PING_MS = 5000
/** Time-out of `impatient`: the request is then repeated, perhaps through another connection. Milliseconds. */
const IMPATIENT_MS = 2000
/** After a server announced its shutdown, clients disconnect from it at random times within this period. Milliseconds. */
const LEAVE_MS = 1000

/** Connects to the broker as the named service. Each account receives replies on its own inbox prefix, so that no other account can read
 * them. Throws BrokerUnreachableError. */
export async function openBroker(name: string, access: BrokerAccess): Promise<Broker> {
  const tls = tlsOptions(access)
  const inboxPrefix = `_INBOX_${access.user}`
  const nc = await connect({
    servers: access.servers,
    user: access.user,
    pass: access.password,
    name,
    inboxPrefix,
    timeout: CONNECT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 100,
    reconnectJitterTLS: 100,
    waitOnFirstConnect: false,
    ignoreAuthErrorAbort: true,
    // The servers of a cluster announce their addresses as seen within the cluster, which a client may not reach and which no certificate
    // names. The configured list is complete.
    ignoreClusterUpdates: true,
    pingInterval: PING_MS,
    maxPingOut: 2,
    noAsyncTraces: true,
    ...(tls === undefined ? {} : { tls }),
  }).catch((cause: unknown) => {
    throw new BrokerUnreachableError(access.servers, { cause })
  })
  const listeners = { reconnect: [] as (() => void)[], disconnect: [] as (() => void)[] }
  let connected = true
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === 'ldm') leaveSoon(nc, access.servers.length)
      if (status.type !== 'disconnect' && status.type !== 'reconnect') continue
      connected = status.type === 'reconnect'
      for (const run of listeners[status.type]) run()
    }
  })()
  const line = {
    get connected() {
      return connected && !nc.isClosed()
    },
    isClosed: () => nc.isClosed(),
    onReconnect: (run: () => void) => void listeners.reconnect.push(run),
  }
  return {
    nc,
    js: jetstream(nc, { timeout: 5000 }),
    // Not checked: that would request account information, for which a service has no permission.
    jsm: await jetstreamManager(nc, { timeout: 10_000, checkAPI: false }),
    impatient: await jetstreamManager(nc, { timeout: IMPATIENT_MS, checkAPI: false }),
    loss: new ConnectionLoss(line),
    get connected() {
      return line.connected
    },
    newInbox: () => createInbox(inboxPrefix),
    onReconnect: line.onReconnect,
    onDisconnect: (run) => void listeners.disconnect.push(run),
    close: () => nc.close(),
  }
}

/** Reconnects to another server. A server in lame duck mode closes its connections over minutes, while its streams already have new
 * leaders. */
function leaveSoon(nc: NatsConnection, servers: number): void {
  if (servers === 1) return
  setTimeout(() => void nc.reconnect().catch(() => undefined), Math.random() * LEAVE_MS).unref()
}

function tlsOptions({ servers, tls }: BrokerAccess): TlsOptions | undefined {
  return tls ?? (servers.some((server) => server.startsWith('tls://')) ? {} : undefined)
}

/** The payload limit until the broker announced its own in its greeting. Octets. */
const DEFAULT_MAX_PAYLOAD = 1024 * 1024
export const maxPayloadOf = ({ nc }: Pick<Broker, 'nc'>): number => nc.info?.max_payload ?? DEFAULT_MAX_PAYLOAD
