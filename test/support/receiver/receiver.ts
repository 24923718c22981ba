import type { Step } from './script.ts'
import { serve } from './server.ts'
import type { Server, ServerOptions } from './server.ts'
import type { Transaction } from './transaction.ts'

export type ReceiverOptions = Omit<ServerOptions, 'maxContent' | 'now'>

/** A server, and all that it has seen. */
export interface Receiver extends Server {
  /** What it took. */
  mails: Transaction[]
  /** Every stage that was reached, with its time. */
  steps: (Step & { at: number })[]
  /** Every command line, as it came. */
  lines: string[]
  /** What came in one piece: the command lines in it, the beginning of each. Shows which commands travelled together. */
  groups: string[][]
  /** Addresses that connections came from, in their order. */
  clients: string[]
}

/** A remote mail server whose every answer a test can script; by default it takes everything. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const seen: Pick<Receiver, 'mails' | 'steps' | 'lines' | 'groups' | 'clients'> = {
    mails: [],
    steps: [],
    lines: [],
    groups: [],
    clients: [],
  }
  const server = await serve(options, {
    connected: ({ remoteAddress = '' }) => seen.clients.push(remoteAddress),
    group: (text) => seen.groups.push(text.split('\r\n').filter((line) => line !== '')),
    command: (line) => seen.lines.push(line),
    step: (step) => seen.steps.push({ ...step, at: Date.now() }),
    transaction: (transaction) => {
      if (transaction.taken) seen.mails.push(transaction)
    },
  })
  return { ...server, ...seen }
}
