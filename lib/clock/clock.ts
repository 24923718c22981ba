import { setTimeout as pause } from 'node:timers/promises'
import type { Broker } from '@postrider/broker/connection'
import { CONFIG_BUCKET } from '@postrider/broker/names'
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { PlatformTime } from './platform-time.ts'
import type { Reading } from './platform-time.ts'

/** The platform's clock. */
export interface Clock {
  /** The current time by the broker's clock, milliseconds since the epoch: for time stamps, and to decide what is due. */
  now(): number
  /** The time for irreversible decisions, such as expiry, milliseconds since the epoch: it never runs ahead of the time that really
   * passed. Undefined while the clocks of this machine and of the broker differ by minutes. See platform-time.ts. */
  certain(): number | undefined
}

/** The broker's clock could not be read in time. */
export class NoBrokerTimeError extends Error {
  override readonly name = 'NoBrokerTimeError'
}

const READ_MS = 5_000
const ANSWER_MS = 5_000
/** How long a start waits for the broker's first answer: the broker may be electing a leader. Milliseconds. */
const START_MS = 60_000
/** A slower answer is too imprecise about when it was given. Milliseconds. */
const MAX_ROUND_TRIP_MS = 2_000
/** Every service has permission to request the state of this stream. */
const INFO = `$JS.API.STREAM.INFO.KV_${CONFIG_BUCKET}`

/** Reads the broker's clock now and every few seconds. Throws NoBrokerTimeError when the broker does not answer at the start. */
export async function watchClock(broker: Pick<Broker, 'nc'>, registry: Registry): Promise<Clock & { stop(): void }> {
  const time = new PlatformTime(await firstReading(broker))
  const timer = setInterval(() => {
    void read(broker).then(
      (reading) => reading !== undefined && time.observe(reading),
      // The broker is away: the monotonic clock alone is used meanwhile.
      () => undefined,
    )
  }, READ_MS)
  timer.unref()
  skewGauge(registry, () => Date.now() - time.now(performance.now()))
  return {
    now: () => time.now(performance.now()),
    certain: () => time.certain(performance.now(), Date.now()),
    stop: () => clearInterval(timer),
  }
}

/** Registers the metric of the clock difference. `skewMs` is called at each scrape. */
export function skewGauge(registry: Registry, skewMs: () => number): void {
  new Gauge({
    name: 'postrider_clock_skew_seconds',
    help: "How far the clock of this process is ahead of the broker's. Beyond two minutes, nothing expires and nothing is deleted.",
    registers: [registry],
    collect() {
      this.set(skewMs() / 1000)
    },
  })
}

async function firstReading(broker: Pick<Broker, 'nc'>): Promise<Reading> {
  const startedAt = performance.now()
  for (;;) {
    let cause: unknown
    const reading = await read(broker).catch((error: unknown) => void (cause = error))
    if (reading !== undefined) return reading
    if (performance.now() - startedAt > START_MS)
      throw new NoBrokerTimeError(`the broker did not report its time within ${START_MS / 1000} s`, { cause })
    await pause(200)
  }
}

/** Undefined when the answer was too slow or had no time. */
async function read({ nc }: Pick<Broker, 'nc'>): Promise<Reading | undefined> {
  const asked = performance.now()
  const answer = await nc.request(INFO, '', { timeout: ANSWER_MS })
  const answered = performance.now()
  const broker = Date.parse(answer.json<{ ts?: string }>().ts ?? '')
  if (Number.isNaN(broker) || answered - asked > MAX_ROUND_TRIP_MS) return undefined
  return { monotonic: (asked + answered) / 2, broker }
}
