import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'

export interface BrokerAccess {
  /** `nats://127.0.0.1:4222`; several are tried in turn. */
  servers: string[]
  user: string
  password: string
}

/** A connection to the broker that lives as long as the process: it reconnects for ever. */
export interface Broker {
  nc: NatsConnection
  js: JetStreamClient
  jsm: JetStreamManager
  /** False while the connection is down: readiness, and the 451 that is answered at once. */
  readonly connected: boolean
  /** Runs after each reconnect: the broker may have been restarted and have forgotten acknowledgements. */
  onReconnect(run: () => void): void
  /** Runs when the connection is lost; it is made anew by itself. */
  onDisconnect(run: () => void): void
  close(): Promise<void>
}

/** The broker could not be reached, or refused the account. */
export class BrokerUnreachable extends Error {
  override readonly name = 'BrokerUnreachable'
  readonly servers: string[]
  constructor(servers: string[], options: ErrorOptions) {
    super(`no broker answers at ${servers.join(', ')}, or it refuses this account`, options)
    this.servers = servers
  }
}

/** Connects as the named service. Each account hears its replies on an inbox of its own, so that none can read another's. */
export async function openBroker(name: string, access: BrokerAccess): Promise<Broker> {
  const nc = await connect({
    servers: access.servers,
    user: access.user,
    pass: access.password,
    name,
    inboxPrefix: `_INBOX_${access.user}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 200,
    reconnectJitter: 100,
    waitOnFirstConnect: false,
    ignoreAuthErrorAbort: true,
    pingInterval: 10_000,
    noAsyncTraces: true,
  }).catch((cause: unknown) => {
    throw new BrokerUnreachable(access.servers, { cause })
  })
  const listeners = { reconnect: [] as (() => void)[], disconnect: [] as (() => void)[] }
  let connected = true
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type !== 'disconnect' && status.type !== 'reconnect') continue
      connected = status.type === 'reconnect'
      for (const run of listeners[status.type]) run()
    }
  })()
  return {
    nc,
    js: jetstream(nc, { timeout: 5000 }),
    // The check asks for account information, which a service's rights do not cover.
    jsm: await jetstreamManager(nc, { timeout: 10_000, checkAPI: false }),
    get connected() {
      return connected && !nc.isClosed()
    },
    onReconnect: (run) => void listeners.reconnect.push(run),
    onDisconnect: (run) => void listeners.disconnect.push(run),
    close: () => nc.close(),
  }
}
