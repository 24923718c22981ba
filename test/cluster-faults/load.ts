import { setTimeout as pause } from 'node:timers/promises'
import { LoadDialogue, LostError } from '../support/load-dialogue.ts'

/** A message that was offered to the platform. */
export interface Offered {
  loadId: string
  recipients: string[]
  /** The 250 to the final dot came: the platform has promised to deliver it. */
  accepted: boolean
  /** The platform's reply, when it was not 250. */
  refused?: string
}

export interface LoadOptions {
  port: number
  /** Names the messages: no two loads have the same. */
  name: string
  /** Messages a second. */
  rate: number
  connections: number
}

export interface Load {
  offered: Offered[]
  stop(): Promise<void>
}

const REPLY_MS = 60_000
const LINE = 'A line of text as people write it, more or less.\r\n'
const SMALL = LINE.repeat(12)
/** Needs a record and two parts. */
const LARGE = LINE.repeat(16_000)
/** Of so many messages one is large, one is deferred at first, and one has a recipient who does not exist. */
const [EVERY_LARGE, EVERY_LATER, EVERY_DUMMY_VERIFIER] = [40, 10, 7]

/** Offers messages over connections that are kept; one that is lost is opened again for the next message. Each message goes
 * to two domains, so that it is split and its content read at once by those who deliver it. */
export function startLoad({ port, name, rate, connections }: LoadOptions): Load {
  const offered: Offered[] = []
  const ending = new AbortController()
  const over = (): boolean => ending.signal.aborted
  let nextAt = performance.now()

  /** A place in the even row of messages; what could not be offered is not made up for. */
  async function turn(): Promise<void> {
    const now = performance.now()
    nextAt = Math.max(nextAt + 1000 / rate, now - 100)
    if (nextAt > now) await pause(nextAt - now)
  }

  async function client(): Promise<void> {
    while (!over()) {
      const dialogue = new LoadDialogue(port, REPLY_MS)
      try {
        await dialogue.begin()
        while (!over()) {
          await turn()
          const number = offered.length
          const message: Offered = {
            loadId: `${name}-${number}`,
            recipients: recipientsOf(name, number),
            accepted: false,
          }
          offered.push(message)
          const reply = await dialogue.send(message, number % EVERY_LARGE === 0 ? LARGE : SMALL)
          if (reply.startsWith('250')) message.accepted = true
          else message.refused = reply
        }
      } catch (error) {
        if (!(error instanceof LostError)) throw error
        await pause(50)
      } finally {
        dialogue.end()
      }
    }
  }

  const clients = Array.from({ length: connections }, client)
  return {
    offered,
    async stop() {
      ending.abort()
      await Promise.all(clients)
    },
  }
}

function recipientsOf(name: string, number: number): string[] {
  const [first, second] = [number % 8, (number + 3) % 8]
  const kind = number % EVERY_DUMMY_VERIFIER === 0 ? 'nobody' : number % EVERY_LATER === 0 ? 'later' : 'kim'
  return [`kim-${name}-${number}@d${first}.test`, `${kind}-${name}-${number}@d${second}.test`]
}
