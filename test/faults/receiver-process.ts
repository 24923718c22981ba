import process from 'node:process'
import { serve } from '../support/receiver/server.ts'
import type { Answer, Step } from '../support/receiver/script.ts'
import type { Transaction as SeenTransaction } from '../support/receiver/transaction.ts'

/** One transaction as the receiver saw it. */
export interface Transaction {
  /** When MAIL came and when the transaction was over, milliseconds since the epoch. */
  begun: number
  ended: number
  /** The final dot came, and 250 was the answer. False: cut off, or nobody was taken. */
  taken: boolean
  /** The platform's end of the connection: which of its processes made the transaction. */
  port: number
  /** The connection was lost before the reply to the final dot was sent. */
  unanswered: boolean
  /** Of what was taken: the platform's queue id, the id that the load gave it, and whether it is a notice. */
  id: string
  loadId: string
  notice: boolean
  /** Who was accepted. */
  recipients: string[]
}

/** The other side of the world: a process of its own, which nobody kills, so that it knows what arrived and when.
 * Local parts tell what it does: `nobody-` is refused for good, `later-` at the first attempt, all others are taken;
 * `slow40-` is answered so many seconds after the final dot. */
function script({ stage, argument, attempt }: Step): Answer | undefined {
  if (stage === 'rcpt' && argument.startsWith('nobody-')) return '550 5.1.1 no such user here'
  if (stage === 'rcpt' && argument.startsWith('later-') && attempt === 1) return '452 4.2.2 mailbox full'
  const seconds = stage === 'final' ? /(?:^|,)slow(\d+)-[^,]*$/.exec(argument)?.[1] : undefined
  return seconds === undefined ? undefined : { delayMs: 1000 * Number(seconds) }
}

function seen({ begunAt, endedAt, clientPort, from, to, taken, content }: SeenTransaction): Transaction {
  const notice = from === ''
  const queueId = notice ? /^Message-ID: <([^@]+)@/im.exec(content) : /^Received: .* id (\w+)/m.exec(content)
  return {
    begun: begunAt,
    ended: endedAt,
    taken,
    port: clientPort,
    unanswered: false,
    id: queueId?.[1] ?? '',
    loadId: /^X-Load-Id: (\S+)/m.exec(content)?.[1] ?? '',
    notice,
    recipients: to,
  }
}

let fresh: Transaction[] = []
const start = () =>
  serve(
    { script, offers: ['PIPELINING', '8BITMIME', 'ENHANCEDSTATUSCODES'] },
    {
      // It has arrived, whether or not the platform hears the reply.
      transaction: (transaction, answered) =>
        void answered.then((yes) => fresh.push({ ...seen(transaction), unanswered: !yes })),
    },
  )
// The second port makes slow mail a site of its own.
const [{ port }, { port: slowPort }] = await Promise.all([start(), start()])
process.send?.({ port, slowPort })
setInterval(() => {
  if (fresh.length > 0) process.send?.({ transactions: fresh })
  fresh = []
}, 20)
process.once('disconnect', () => process.exit())
