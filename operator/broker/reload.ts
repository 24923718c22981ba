import { connect } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import type { BrokerAccess } from '@postrider/broker/connection'

/** For the connection, and for each answer. Milliseconds. */
const ANSWER_MS = 3000

export interface ServerState {
  server: string
  /** - current: it has read what its files are to hold
   * - stale: it serves, with files of before
   * - away: it cannot be reached */
  state: 'current' | 'stale' | 'away'
  /** Why it is not current, as far as that is known. */
  why?: string
}

interface Answer {
  server?: { tags?: string[] }
  error?: { description?: string }
}

/** Asks each server whether it has this tag, and tells the others to read their files again. They may not have the newest ones
 * yet: the kubelet brings a changed Secret into a pod within a minute or so. Never throws; the states say what is wrong. */
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
    // A server of an earlier release does not let this account ask; it restarts in the course of the upgrade.
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
