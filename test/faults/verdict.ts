import type { Offered } from './load.ts'
import type { Left } from './queue-watch.ts'
import type { Transaction } from './receiver-process.ts'
import type { Round } from './rounds.ts'

/** What is known when everything is over. */
export interface Evidence {
  rounds: Round[]
  offered: Offered[]
  transactions: Transaction[]
  /** When the delivery of a message was on disk, by queue id. */
  onDisk: Map<string, number>
  /** Streams with jobs left, and recipients whose outcome the message log does not know. */
  jobsLeft: Left[]
  unsettled: number
  /** Least load that makes the rounds mean something, messages a second. */
  rateWanted: number
}

/** A round with what it did to the messages. */
export interface RoundResult extends Round {
  /** Messages accepted a second before the kill. */
  rate: number
  accepted: number
  /** Messages that came more often than once, whose first transaction was begun in this round. */
  duplicates: number
  /** Transactions whose final dot had come from a process that was killed or stalled then, and whose outcome was not on disk. */
  ambiguous: number
}

export interface Check {
  name: string
  passed: boolean
  detail: string
}

export interface Verdict {
  rounds: RoundResult[]
  checks: Check[]
}

/** Compares what was promised with what arrived. Pure. */
export function judgeFaults(evidence: Evidence): Verdict {
  const { rounds, offered, transactions, onDisk } = evidence
  const arrivals = arrivalsById(transactions)
  const results = rounds.map((round, index) => roundResult(round, rounds[index - 1]?.deadAt ?? 0, evidence, arrivals))
  const arrived = new Set(transactions.filter(({ taken, notice }) => taken && !notice).map(({ loadId }) => loadId))
  const accepted = offered.filter(({ acceptedAt }) => acceptedAt !== undefined)
  const toArrive = accepted.filter(({ recipient }) => !recipient.startsWith('nobody-'))
  const bounced = offered.filter(({ recipient }) => recipient.startsWith('nobody-'))
  const lost = toArrive.filter(({ loadId }) => !arrived.has(loadId))
  const notices = noticesByLoadId(transactions)
  const owed = bounced.filter(({ acceptedAt }) => acceptedAt !== undefined)
  const missing = owed.filter(({ loadId }) => !notices.has(loadId))
  const twice = [...notices.values()].filter((ids) => ids.size > 1)
  const again = [...arrivals.entries()].flatMap(([id, [, ...more]]) =>
    more.filter(({ begun }) => begun > Math.ceil(onDisk.get(id) ?? Infinity)),
  )
  const isAmbiguous = ambiguity(evidence)
  // All but the last transaction of a message must have ended so that nobody could know what came of it.
  const unexplained = [...arrivals.values()].flatMap((all) => all.slice(0, -1).filter((each) => !isAmbiguous(each)))
  const ambiguous = transactions.filter((transaction) => transaction.taken && isAmbiguous(transaction)).length
  const slow = results.filter(({ rate }) => rate < evidence.rateWanted)
  const duplicates = results.reduce((sum, round) => sum + round.duplicates, 0)
  const check = (name: string, wrong: number, detail: string): Check => ({ name, passed: wrong === 0, detail })
  return {
    rounds: results,
    checks: [
      check(
        'nothing lost',
        lost.length,
        `${lost.length} of ${toArrive.length} messages with a 250 did not arrive ${some(lost)}`,
      ),
      check(
        'duplicates explained',
        unexplained.length + Number(duplicates > ambiguous),
        `${duplicates} duplicates, ${ambiguous} ambiguous ends; ${unexplained.length} sent twice without one ${unexplained
          .slice(0, 5)
          .map(({ loadId, begun }) => `${loadId} at ${begun}`)
          .join(', ')}`,
      ),
      check('nothing sent again', again.length, `${again.length} sent again although the delivery was on disk`),
      check(
        'each notice once',
        missing.length + twice.length,
        `${owed.length} owed, ${missing.length} missing ${some(missing)}, ${twice.length} made twice`,
      ),
      check('queue empty', evidence.jobsLeft.length, evidence.jobsLeft.map(leftOver).join(', ') || 'no job left'),
      check('log complete', evidence.unsettled, `${evidence.unsettled} recipients whose outcome the log does not know`),
      check(
        'load kept up',
        slow.length,
        `${slow.length} of ${results.length} rounds below ${evidence.rateWanted} messages/s before the kill`,
      ),
    ],
  }
}

/** Messages by queue id, each with its transactions in the order of their beginning. */
function arrivalsById(transactions: Transaction[]): Map<string, Transaction[]> {
  const taken = transactions.filter((transaction) => transaction.taken).sort((a, b) => a.begun - b.begun)
  return Map.groupBy(taken, ({ id }) => id)
}

function noticesByLoadId(transactions: Transaction[]): Map<string, Set<string>> {
  const notices = transactions.filter(({ taken, notice }) => taken && notice)
  const grouped = Map.groupBy(notices, ({ loadId }) => loadId)
  return new Map([...grouped].map(([loadId, group]) => [loadId, new Set(group.map(({ id }) => id))]))
}

function roundResult(
  round: Round,
  since: number,
  { offered, transactions, onDisk }: Evidence,
  arrivals: Map<string, Transaction[]>,
): RoundResult {
  const { from, killedAt, deadAt, recoveryMs } = round
  const isAmbiguous = ambiguity({ rounds: [round], onDisk })
  const within = (begun: number): boolean => begun > since && begun <= deadAt
  const accepted = (start: number, end: number): number =>
    offered.filter(({ acceptedAt = 0 }) => acceptedAt >= start && acceptedAt < end).length
  const duplicates = [...arrivals.values()].reduce(
    (sum, [first, ...more]) => sum + (first !== undefined && within(first.begun) ? more.length : 0),
    0,
  )
  const ambiguous = transactions.filter((transaction) => transaction.taken && isAmbiguous(transaction)).length
  return {
    ...round,
    rate: (accepted(from, killedAt) * 1000) / (killedAt - from),
    accepted: accepted(from, deadAt + recoveryMs),
    duplicates,
    ambiguous,
  }
}

/** Transactions that nobody could know the end of: the final dot had come when their process was killed or stalled, and their outcome was
 * not on disk; or their connection was lost before the reply to the final dot. */
function ambiguity({ rounds, onDisk }: Pick<Evidence, 'rounds' | 'onDisk'>): (transaction: Transaction) => boolean {
  return ({ id, port, ended, unanswered }) =>
    unanswered ||
    rounds.some(
      ({ ports, killedAt, deadAt }) =>
        ports.has(port) && ended <= deadAt + ECHO_MS && (onDisk.get(id) ?? Infinity) >= killedAt,
    )
}

/** The final dot may be on its way when the process is stopped. */
const ECHO_MS = 100

const leftOver = ({ stream, pending, inHand, stored }: Left): string =>
  `${stream} ${pending} pending, ${inHand} in hand, ${stored} stored`

const some = (messages: Offered[]): string =>
  messages.length === 0
    ? ''
    : `(${messages
        .slice(0, 5)
        .map(({ loadId }) => loadId)
        .join(', ')} ...)`

export const tableHead = 'round  killed                 msg/s  accepted  duplicates  ambiguous  recovery ms'

export function tableLine(round: RoundResult): string {
  const { number, killed, rate, accepted, duplicates, ambiguous, recoveryMs } = round
  return [
    String(number).padStart(5),
    ` ${killed.join('+').padEnd(21)}`,
    rate.toFixed(0).padStart(6),
    String(accepted).padStart(9),
    String(duplicates).padStart(11),
    String(ambiguous).padStart(10),
    String(recoveryMs).padStart(12),
  ].join(' ')
}
