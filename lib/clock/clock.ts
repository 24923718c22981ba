import { setTimeout as pause } from 'node:timers/promises'
import type { Broker } from '@postrider/broker/connection'
import { CONFIG_BUCKET } from '@postrider/broker/names'
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { PlatformTime } from './platform-time.ts'
import type { Reading } from './platform-time.ts'

/** The platform's clock as a service sees it. */
export interface Clock {
  /** Milliseconds since the epoch by the broker's clock: for stamps, and for what is due. */
  now(): number
  /** For deciding that something is over for good: never ahead of the time that really went by. Undefined while this machine's
   * clock and the broker's differ by minutes. See platform-time.ts. */
  certain(): number | undefined
}

/** The clock could not be read from the broker within its time. */
export class NoBrokerTimeError extends Error {
  override readonly name = 'NoBrokerTimeError'
}

const LOOK_MS = 5_000
const ANSWER_MS = 5_000
/** A start waits this long for the broker's first answer: it may be electing a leader. */
const START_MS = 60_000
/** An answer that took longer says too little about when it was given. */
const MAX_ROUND_TRIP_MS = 2_000
/** Every service may ask for this stream's state. */
const INFO = `$JS.API.STREAM.INFO.KV_${CONFIG_BUCKET}`

/** Reads the broker's clock now and every few seconds. Throws NoBrokerTimeError when the broker does not answer at the start. */
export async function watchClock(broker: Pick<Broker, 'nc'>, registry: Registry): Promise<Clock & { stop(): void }> {
  const time = new PlatformTime(await firstReading(broker))
  const timer = setInterval(() => {
    void read(broker).then(
      (reading) => reading !== undefined && time.observe(reading),
      // The broker is away: the monotonic clock goes on alone.
      () => undefined,
    )
  }, LOOK_MS)
  timer.unref()
  skewGauge(registry, () => Date.now() - time.now(performance.now()))
  return {
    now: () => time.now(performance.now()),
    certain: () => time.certain(performance.now(), Date.now()),
    stop: () => clearInterval(timer),
  }
}

/** `skewMs` is read when Prometheus asks. */
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

/** Undefined when the answer took so long, or came without a time, that it can't be used. */
async function read({ nc }: Pick<Broker, 'nc'>): Promise<Reading | undefined> {
  const asked = performance.now()
  const answer = await nc.request(INFO, '', { timeout: ANSWER_MS })
  const answered = performance.now()
  const broker = Date.parse(answer.json<{ ts?: string }>().ts ?? '')
  if (Number.isNaN(broker) || answered - asked > MAX_ROUND_TRIP_MS) return undefined
  return { monotonic: (asked + answered) / 2, broker }
}
