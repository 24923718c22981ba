import { askLog } from '../../cli/queue/connect.ts'
import { MESSAGE } from '@postrider/message-log/messages'
import type { Broker } from '@postrider/broker/connection'
import type { Mail, State } from './behaviour.ts'
import type { Transaction } from './remote/record.ts'
import { poll } from '../support/eventually.ts'

/** What is known from outside about one message. */
export interface MailEvidence {
  mail: Mail
  id: string
  addresses: string[]
  /** By the message log. */
  recipients: RecipientEvidence[]
  /** The longest time for which an attempt put it off. Milliseconds. */
  delay: number
  /** At any remote, in their order. */
  transactions: Transaction[]
  /** Failure notices that name its first recipient. */
  notices: number
}

export interface RecipientEvidence {
  address: string
  /** `queued`: not attempted yet. */
  state: State | 'queued'
  attempts: number
  status: string
  category: string
  reply: string
}

const POLL_MS = 250

/** What the message log says. */
export async function askAbout(broker: Broker, id: string): Promise<Pick<MailEvidence, 'recipients' | 'delay'>> {
  const { recipients, story } = await askLog(broker, MESSAGE, { id }, 30_000)
  const delays = story.map((event) => ('nextAt' in event && event.nextAt !== undefined ? event.nextAt - event.at : 0))
  return {
    delay: Math.max(0, ...delays),
    recipients: recipients.map(({ address, state, attempts, outcome }) => ({
      address,
      state: state as RecipientEvidence['state'],
      attempts,
      status: outcome?.status ?? '',
      category: outcome?.category ?? '',
      reply: outcome?.reply ?? '',
    })),
  }
}

/** Resolves when every recipient is in one of the states, or the time is up. */
export async function outcomeOf(broker: Broker, id: string, wanted: State[], withinMs: number): Promise<void> {
  const isDone = ({ recipients }: Pick<MailEvidence, 'recipients'>): boolean =>
    recipients.length > 0 && recipients.every(({ state }) => wanted.some((one) => one === state))
  await poll(() => askAbout(broker, id), isDone, { withinMs, everyMs: POLL_MS })
}
