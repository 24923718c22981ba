import { statfs } from 'node:fs/promises'
import { openBroker } from '@postrider/broker/connection'
import type { Broker, BrokerAccess } from '@postrider/broker/connection'

/** The parts of the broker's health report that are used (nats-server, monitor.go: HealthStatus). */
interface HealthReport {
  data?: { errors?: { type: string; error: string }[] }
}

export interface BrokerWatchOptions {
  /** Name of the server in messages: `the broker`, or `broker-0` and so on with several servers. */
  name: string
  /** Access to this server alone, by the system account. */
  access: BrokerAccess
  /** A folder on the disk that the broker writes to. */
  folder: string
  restart: () => void
  say: (line: string) => void
}

export interface BrokerWatch {
  /** Stops watching. */
  close(): Promise<void>
}

const CHECK_MS = 1000
const ANSWER_MS = 5000
/** Free space that a restart needs. With less, the restarted broker would fail again. Octets. */
const ROOM_TO_RESTART = 16 * 1024 * 1024
/** Below this free space nothing can be written, even if the broker reports no error: it may not have tried, because the ingress refuses
 * mail first. Octets. */
const NO_ROOM = 1024 * 1024
/** Pause between two restarts: the first one, and the longest. Milliseconds. */
const FIRST_PAUSE_MS = 5_000
const MAX_PAUSE_MS = 60_000

/** Restarts a broker that can no longer write. After one failed write, as on a full disk, a stream of nats-server refuses every further one
 * until the server restarts, even when there is space again. The server does not exit by itself, and what it has confirmed is on disk. It
 * is restarted as soon as the disk has room. */
export async function watchBroker({ name, access, folder, restart, say }: BrokerWatchOptions): Promise<BrokerWatch> {
  const broker = await openBroker('watch', access)
  let reported = false
  let pause = FIRST_PAUSE_MS
  let notBefore = 0

  async function check(): Promise<void> {
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
    if (!reported) say(problemMessage(name, problem, room, folder))
    reported = true
    if (problem === '' || room < ROOM_TO_RESTART || Date.now() < notBefore) return
    say(`restarting ${name} so that it writes again`)
    notBefore = Date.now() + pause
    pause = Math.min(pause * 2, MAX_PAUSE_MS)
    restart()
  }

  let checking = Promise.resolve()
  const timer = setInterval(() => {
    checking = checking
      .then(check)
      .catch((error: unknown) => say(`cannot check the health of ${name}: ${String(error)}`))
  }, CHECK_MS)
  return {
    async close() {
      clearInterval(timer)
      await checking
      await broker.close()
    },
  }
}

/** Why the broker cannot write; empty if it can; undefined if it does not answer, as while it starts. */
async function writeProblem({ nc, connected }: Broker): Promise<string | undefined> {
  if (!connected) return undefined
  const answer = await nc
    .request(`$SYS.REQ.SERVER.${nc.info?.server_id ?? 'PING'}.HEALTHZ`, '{"details":true}', { timeout: ANSWER_MS })
    .catch(() => undefined)
  if (answer === undefined) return undefined
  const { data } = answer.json<HealthReport>()
  const found = (data?.errors ?? []).find(
    // A server without a meta leader has not found the other servers, which a restart does not help.
    ({ type, error }) => (type === 'JETSTREAM' && !error.includes('meta leader')) || error.includes('write error'),
  )
  return found?.error ?? ''
}

/** The message that reports the problem. */
function problemMessage(name: string, problem: string, room: number, folder: string): string {
  const full = room < ROOM_TO_RESTART || problem.includes('no space left')
  const mebi = (octets: number): string => `${Math.floor(octets / 1024 / 1024)} MiB`
  return full
    ? `the disk of ${folder} is full: mail is answered 4xx and nothing is delivered until ${mebi(ROOM_TO_RESTART)} are free (now ${mebi(room)}); nothing accepted is lost`
    : `${name} cannot write: ${problem}; mail is answered 4xx until it can`
}
