import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import { connect, createInbox } from '@nats-io/transport-node'
import type { NatsConnection, TlsOptions } from '@nats-io/transport-node'
import { ConnectionLoss } from './connection-loss.ts'

export interface BrokerAccess {
  /** `nats://127.0.0.1:4222`, or `tls://` where TLS is required; several are tried in turn, in random order. */
  servers: string[]
  user: string
  password: string
  /** Given, or with a `tls://` server: the connection is refused without TLS. */
  tls?: BrokerTls
}

/** Files in PEM, read at each connection, so that a renewed certificate is used from the next one on. */
export interface BrokerTls {
  /** CAs that the servers' certificates are checked with; the system's when not given. */
  caFile?: string
  /** The client certificate, where the broker wants one. */
  certFile?: string
  keyFile?: string
  /** Name that the certificate is checked for, where it is not the host of the URL. */
  servername?: string
}

/** A connection to the broker that lives as long as the process: it reconnects for ever. */
export interface Broker {
  nc: NatsConnection
  js: JetStreamClient
  jsm: JetStreamManager
  /** For questions that are asked again when there is no answer soon. */
  impatient: JetStreamManager
  /** Tells who waits for an answer that the connection was lost meanwhile. */
  loss: ConnectionLoss
  /** False while the connection is down: readiness, and the 451 that is answered at once. */
  readonly connected: boolean
  /** A subject for answers that this account may hear, and no other. */
  newInbox(): string
  /** Runs after each reconnect: it may lead to another server, or to one that was restarted and has lost acknowledgements. */
  onReconnect(run: () => void): void
  /** Runs when the connection to the broker is lost; the client reconnects by itself. */
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

/** For the TCP connection, TLS and the login at one server; the next one is tried then. Milliseconds. */
const CONNECT_MS = 5000
/** A server that answers no ping for two of these is given up. Milliseconds. */
const PING_MS = 5000
/** A server that does not answer is asked again, perhaps through another connection. Milliseconds. */
const IMPATIENT_MS = 2000
/** After a server announced that it shuts down its clients leave it within this time, not all at once. Milliseconds. */
const LEAVE_MS = 1000

/** Connects as the named service. Each account hears its replies on an inbox of its own, so that none can read another's. */
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
    // The servers of a cluster announce the addresses that they see of each other, which a client may not reach, and which no
    // certificate names. The list given is complete.
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
    // The check asks for account information, which a service's rights do not cover.
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

/** A server that shuts down in lame duck mode closes its connections over minutes; its streams have new leaders already. */
function leaveSoon(nc: NatsConnection, servers: number): void {
  if (servers === 1) return
  setTimeout(() => void nc.reconnect().catch(() => undefined), Math.random() * LEAVE_MS).unref()
}

function tlsOptions({ servers, tls }: BrokerAccess): TlsOptions | undefined {
  return tls ?? (servers.some((server) => server.startsWith('tls://')) ? {} : undefined)
}

/** What the broker takes in one message where it has not said so, which it does in its greeting. Octets. */
const DEFAULT_MAX_PAYLOAD = 1024 * 1024
export const maxPayloadOf = ({ nc }: Pick<Broker, 'nc'>): number => nc.info?.max_payload ?? DEFAULT_MAX_PAYLOAD
