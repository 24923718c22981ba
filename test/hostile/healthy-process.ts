import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { Submitter } from './submitter.ts'

/** The steady stream's own process, so that nothing else that is tried delays it. */
export interface StreamOptions {
  port: number
  perSecond: number
  domain: string
}

/** A message that the platform has accepted. Milliseconds since the epoch. */
export interface Sent {
  subject: string
  /** When its final dot left. */
  at: number
}

const CONNECTIONS = 4
let resting = false

async function stream({ port, perSecond, domain }: StreamOptions): Promise<void> {
  const submitters = Array.from({ length: CONNECTIONS }, () => new Submitter(port))
  let nextAt = performance.now()
  for (let number = 1; ; number++) {
    nextAt += 1000 / perSecond
    await pause(Math.max(0, nextAt - performance.now()))
    if (resting) continue
    const subject = `healthy-${number}`
    void submitters[number % CONNECTIONS]?.send({ to: [`kim${number}@${domain}`], subject }).then(
      ({ sentAt }) => process.send?.({ subject, at: sentAt } satisfies Sent),
      () => undefined,
    )
  }
}

process.on('message', (order: StreamOptions | { resting: boolean }) => {
  if ('resting' in order) resting = order.resting
  else void stream(order)
})
process.once('disconnect', () => process.exit())
