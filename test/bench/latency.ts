/** How long one message takes through Postfix and through Postrider while nothing else goes on: from the connect to the 250
 * of the submission, and to the remote's 250. Usage:
 *
 *     node test/bench/latency.ts [--rounds 6] [--messages 50] [--dkim on|off] [--json FILE]
 *
 * Both run all the time, and only one has a message; which of a round is first alternates. Each message has a connection of its
 * own and waits for the one before it to arrive. Content is 4 KB. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import { startReceiver } from '../support/receiver/receiver.ts'
import { postfixMissing } from '../support/postfix.ts'
import type { Contender } from './contender.ts'
import { opendkimMissing } from './opendkim.ts'
import { startContender as startPostfix } from './postfix.ts'
import { startContender as startPostrider } from './postrider.ts'
import { sendOne } from './latency-client.ts'
import type { Way } from './latency-client.ts'
import { quantile } from './quantile.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    messages: { type: 'string', default: '50' },
    dkim: { type: 'string', default: 'off' },
    json: { type: 'string' },
  },
})
const dkim = values.dkim === 'on'
const missing = postfixMissing() || (dkim && opendkimMissing())
if (missing !== false) {
  console.error(`the benchmark ${missing}`)
  process.exit(1)
}

/** Resolves a message's own wait, by its recipient, with the moment of the remote's 250. */
const arrivals = new Map<string, (at: number) => void>()
let sent = 0
/** Between two messages, so that what is done after a delivery burdens no other message. */
const PAUSE_MS = 40

const remote = await startReceiver({
  script({ stage, argument: recipient }) {
    if (stage === 'final') arrivals.get(recipient)?.(performance.now())
    return undefined
  },
})
const options = { sink: { host: remote.host, port: remote.port }, dkim }
const contenders = [await startPostfix(options), await startPostrider(options)]
const times = new Map(contenders.map(({ name }) => [name, { accepted: [] as number[], arrived: [] as number[] }]))
try {
  for (const contender of contenders) await round(contender, 20)
  for (const kept of times.values()) kept.accepted.length = kept.arrived.length = 0
  for (let number = 0; number < Number(values.rounds); number++) {
    const order = number % 2 === 0 ? contenders : contenders.toReversed()
    for (const contender of order) await round(contender, Number(values.messages))
  }
} finally {
  for (const contender of contenders) await contender.stop()
  await remote.close()
}
print()
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(Object.fromEntries(times), null, 2))

async function round(contender: Contender, messages: number): Promise<void> {
  const kept = times.get(contender.name)
  for (let index = 0; index < messages; index++) {
    const recipient = `message-${sent++}@remote.test`
    const arrived = new Promise<number>((resolve) => arrivals.set(recipient, resolve))
    const way: Way = await sendOne(contender.relay, recipient)
    kept?.accepted.push(way.acceptedAt - way.startedAt)
    kept?.arrived.push((await arrived) - way.startedAt)
    arrivals.delete(recipient)
    await pause(PAUSE_MS)
  }
}

function print(): void {
  const measures = [
    ['connect to 250', 'accepted'],
    ['connect to the remote 250', 'arrived'],
  ] as const
  const [postfix, postrider] = contenders.map(({ name }) => times.get(name))
  console.log(`${postfix?.accepted.length ?? 0} messages each, ${dkim ? 'with' : 'without'} DKIM; milliseconds`)
  console.log('| measure | | Postfix | Postrider | ratio |\n| --- | --- | --- | --- | --- |')
  for (const [label, key] of measures) {
    for (const share of [0.5, 0.99]) {
      const [theirs, ours] = [quantile(postfix?.[key] ?? [], share), quantile(postrider?.[key] ?? [], share)]
      const ratio = (ours / theirs).toFixed(2)
      console.log(`| ${label} | p${share * 100} | ${theirs.toFixed(1)} | ${ours.toFixed(1)} | ${ratio} |`)
    }
  }
}
