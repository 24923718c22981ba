import { setTimeout as pause } from 'node:timers/promises'
import { LoadDialogue, LostError } from '../support/load-dialogue.ts'

/** A message that was offered to the platform. */
export interface Offered {
  loadId: string
  recipient: string
  offeredAt: number
  /** When the 250 to the final dot came, milliseconds since the epoch. Without it nothing is promised. */
  acceptedAt?: number
  /** The platform's reply, when it was not 250. */
  refused?: string
}

export interface LoadOptions {
  port: number
  /** Messages a second that are offered while the platform takes them. */
  rate: number
  connections: number
  /** Share of the messages whose recipient is refused at the first attempt, and for good. */
  laterShare: number
  bounceShare: number
  /** Share of the messages whose remote answers the final dot 40 or 60 seconds late. */
  slowShare: number
}

export interface Load {
  offered: Offered[]
  /** Messages that got their 250 in a span of time. */
  acceptedBetween(from: number, to: number): number
  stop(): Promise<void>
}

const RECONNECT_MS = 50
/** The ingress waits for a broker that may have stored the message. */
const REPLY_MS = 300_000
const BODY = 'A line of text as people write it, more or less.\r\n'.repeat(12)

/** Offers messages over connections that are kept. When one is lost it connects again and goes on with the next message. */
export function startLoad(options: LoadOptions): Load {
  const offered: Offered[] = []
  const ending = new AbortController()
  let nextAt = Date.now()

  /** A place in the even row of messages; what could not be offered is not made up for. */
  async function turn(): Promise<void> {
    const now = Date.now()
    nextAt = Math.max(nextAt + 1000 / options.rate, now - 100)
    if (nextAt > now) await pause(nextAt - now)
  }

  const over = (): boolean => ending.signal.aborted

  async function client(): Promise<void> {
    while (!over()) {
      const dialogue = new LoadDialogue(options.port, REPLY_MS)
      try {
        await dialogue.begin()
        while (!over()) {
          await turn()
          const message = next(offered.length, options)
          offered.push(message)
          const reply = await dialogue.send({ loadId: message.loadId, recipients: [message.recipient] }, BODY)
          if (reply.startsWith('250')) message.acceptedAt = Date.now()
          else message.refused = reply
        }
      } catch (error) {
        if (!(error instanceof LostError)) throw error
        await pause(RECONNECT_MS)
      } finally {
        dialogue.end()
      }
    }
  }

  const clients = Array.from({ length: options.connections }, client)
  return {
    offered,
    acceptedBetween: (from, to) => offered.filter(({ acceptedAt = 0 }) => acceptedAt >= from && acceptedAt < to).length,
    async stop() {
      ending.abort()
      await Promise.all(clients)
    },
  }
}

function next(number: number, { laterShare, bounceShare, slowShare }: LoadOptions): Offered {
  const place = (number * 0.618034) % 1
  const kind = place < bounceShare ? 'nobody' : place < bounceShare + laterShare ? 'later' : 'kim'
  const slow = place > 1 - slowShare ? `slow${number % 2 === 0 ? 40 : 60}` : undefined
  const recipient = slow === undefined ? `${kind}-${number}@d${number % 8}.test` : `${slow}-${number}@slow.test`
  return { loadId: `load-${number}`, recipient, offeredAt: Date.now() }
}
