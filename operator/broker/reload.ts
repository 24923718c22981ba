import { connect } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import type { BrokerAccess } from '@postrider/broker/connection'

/** For the connection, and for each answer. Milliseconds. */
const ANSWER_MS = 3000

export interface ServerState {
  server: string
  /** - current: it has loaded the current files
   * - stale: it runs with earlier files
   * - away: it cannot be reached */
  state: 'current' | 'stale' | 'away'
  /** Why it is not current, if known. */
  why?: string
}

interface Answer {
  server?: { tags?: string[] }
  error?: { description?: string }
}

/** Asks each server whether it has this tag, and makes the others reload their files. These may still be old: the kubelet updates a
 * mounted Secret within about a minute. Never throws; the states say what is wrong. */
export const reload = (access: BrokerAccess, tag: string): Promise<ServerState[]> =>
  Promise.all(access.servers.map((server) => reloadOne({ ...access, servers: [server] }, server, tag)))

async function reloadOne(access: BrokerAccess, server: string, tag: string): Promise<ServerState> {
  let nc: NatsConnection
  try {
    nc = await connectOnce('operator: reload', access)
  } catch (error) {
    return { server, state: 'away', why: String(error) }
  }
  try {
    const id = nc.info?.server_id ?? ''
    if (hasTag(await ask(nc, id, 'HEALTHZ'), tag)) return { server, state: 'current' }
    const answer = await ask(nc, id, 'RELOAD')
    if (hasTag(answer, tag)) return { server, state: 'current' }
    const why = answer.error?.description ?? 'waiting for the kubelet to update the mounted files'
    return { server, state: 'stale', why }
  } catch (error) {
    // A server of an earlier release does not permit this request; the upgrade restarts it.
    return { server, state: 'stale', why: String(error) }
  } finally {
    await nc.close().catch(() => undefined)
  }
}

async function ask(nc: NatsConnection, id: string, what: 'HEALTHZ' | 'RELOAD'): Promise<Answer> {
  const answer = await nc.request(`$SYS.REQ.SERVER.${id}.${what}`, '{}', { timeout: ANSWER_MS })
  return answer.json<Answer>()
}

const hasTag = ({ server, error }: Answer, tag: string): boolean =>
  error === undefined && server?.tags?.includes(tag) === true

const connectOnce = (name: string, { servers, user, password, tls }: BrokerAccess): Promise<NatsConnection> =>
  connect({
    name,
    servers,
    user,
    pass: password,
    inboxPrefix: `_INBOX_${user}`,
    reconnect: false,
    timeout: ANSWER_MS,
    ignoreClusterUpdates: true,
    ...(tls === undefined ? {} : { tls }),
  })
