import { statfs } from 'node:fs/promises'
import { openBroker } from '@postrider/broker/connection'
import type { Broker, BrokerAccess } from '@postrider/broker/connection'

/** The broker's own report, as far as it is used (nats-server, monitor.go: HealthStatus). */
interface HealthReport {
  data?: { errors?: { type: string; error: string }[] }
}

export interface BrokerWatchOptions {
  /** `the broker`, or which of its servers. */
  name: string
  /** Of the system account, and to this server alone. */
  access: BrokerAccess
  /** The folder whose disk the broker writes to. */
  folder: string
  restart: () => void
  say: (line: string) => void
}

export interface BrokerWatch {
  close(): Promise<void>
}

const LOOK_MS = 1000
const ANSWER_MS = 5000
/** With less than this a restarted broker would only run into the same wall again. Octets. */
const ROOM_TO_RESTART = 16 * 1024 * 1024
/** With less than this nothing can be written, though the broker may not have tried: the ingress refuses before it. Octets. */
const NO_ROOM = 1024 * 1024
/** Between two restarts, at first and at most. */
const FIRST_PAUSE_MS = 5_000
const MAX_PAUSE_MS = 60_000

/** Restarts a broker that can no longer write. A stream of nats-server whose write failed once, as on a full disk, refuses every
 * further one until the server is started again, whatever space there is by then; it does not end by itself, and what
 * it did confirm is on disk. So it is left alone until there is room, and then started again. */
export async function watchBroker({ name, access, folder, restart, say }: BrokerWatchOptions): Promise<BrokerWatch> {
  const broker = await openBroker('watch', access)
  let reported = false
  let pause = FIRST_PAUSE_MS
  let notBefore = 0

  async function look(): Promise<void> {
    const problem = await writeProblem(broker)
    if (problem === undefined) return
    const { bavail, bsize } = await statfs(folder)
    const room = bavail * bsize
    if (problem === '' && room >= NO_ROOM) {
      if (reported) say(`${name} can write again: mail is accepted and delivered`)
      reported = false
      if (Date.now() > notBefore + MAX_PAUSE_MS) pause = FIRST_PAUSE_MS
      return
    }
    if (!reported) say(sentence(name, problem, room, folder))
    reported = true
    if (problem === '' || room < ROOM_TO_RESTART || Date.now() < notBefore) return
    say(`restarting ${name} so that it writes again`)
    notBefore = Date.now() + pause
    pause = Math.min(pause * 2, MAX_PAUSE_MS)
    restart()
  }

  let looking = Promise.resolve()
  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: unknown) => say(`cannot check the health of ${name}: ${String(error)}`))
  }, LOOK_MS)
  return {
    async close() {
      clearInterval(timer)
      await looking
      await broker.close()
    },
  }
}

/** Why the broker can't write; empty when it can; undefined when it does not say, as while it starts. */
async function writeProblem({ nc, connected }: Broker): Promise<string | undefined> {
  if (!connected) return undefined
  const answer = await nc
    .request(`$SYS.REQ.SERVER.${nc.info?.server_id ?? 'PING'}.HEALTHZ`, '{"details":true}', { timeout: ANSWER_MS })
    .catch(() => undefined)
  if (answer === undefined) return undefined
  const { data } = answer.json<HealthReport>()
  const found = (data?.errors ?? []).find(
    // A server that has not found the others is not helped by a restart.
    ({ type, error }) => (type === 'JETSTREAM' && !error.includes('meta leader')) || error.includes('write error'),
  )
  return found?.error ?? ''
}

function sentence(name: string, problem: string, room: number, folder: string): string {
  const full = room < ROOM_TO_RESTART || problem.includes('no space left')
  const mebi = (octets: number): string => `${Math.floor(octets / 1024 / 1024)} MiB`
  return full
    ? `the disk of ${folder} is full: mail is answered 4xx and nothing is delivered until ${mebi(ROOM_TO_RESTART)} are free (now ${mebi(room)}); nothing accepted is lost`
    : `${name} cannot write: ${problem}; mail is answered 4xx until it can`
}
