/** Power cuts, on a virtual machine whose disk loses what was not flushed. Usage:
 *
 *     node test/faults/power-cut/run.ts [--subject broker|postrider|both] [--rounds 3] [--load-ms 3000] [--keep]
 *
 * Each round: a fresh disk, load, the machine is switched off in the middle of it, started again, and all that had been
 * acknowledged must be there. Then the same with the broker's default sync_interval of two minutes, which must lose
 * something: otherwise this test could not tell. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs, promisify } from 'node:util'
import { findBroker } from '@postrider/standalone/nats-server/find'
import { freePort } from '../../support/ports.ts'
import { brokerSubject } from './broker-subject.ts'
import { buildGuest, guestMissing } from './guest.ts'
import type { Guest } from './guest.ts'
import { hasKvm, startMachine } from './machine.ts'
import type { Machine } from './machine.ts'
import { postriderSubject } from './postrider-subject.ts'
import type { Subject } from './subject.ts'
import { VolatileDisk } from './volatile-disk.ts'

const run = promisify(execFile)
const REPO = join(import.meta.dirname, '..', '..', '..')
const DISK_BYTES = 1 << 30

const { values } = parseArgs({
  options: {
    subject: { type: 'string', default: 'broker' },
    rounds: { type: 'string', default: '3' },
    'load-ms': { type: 'string', default: '3000' },
    keep: { type: 'boolean', default: false },
  },
})
const missing = guestMissing()
if (missing !== false) {
  console.error(`the power cut ${missing}`)
  process.exit(1)
}

interface Round {
  acknowledged: number
  lost: number
  /** Acknowledged or not, what is there. */
  kept: number
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const folder = mkdtempSync(join(tmpdir(), 'postrider-power-'))
process.once('exit', () => {
  if (!values.keep) rmSync(folder, { recursive: true, force: true })
})
let failures = 0
try {
  const broker = await findBroker((line) => console.log(line))
  const subjects: Subject[] = []
  if (values.subject !== 'postrider') subjects.push(brokerSubject())
  if (values.subject !== 'broker') subjects.push(await postriderSubject())
  for (const subject of subjects) {
    const guest = await buildGuest(broker, folder, subject.files)
    for (let round = 1; round <= Number(values.rounds); round++) {
      const { lost, acknowledged } = await powerCut(subject, guest, 'always', round)
      if (lost > 0 || acknowledged === 0) failures++
    }
    const { lost } = await powerCut(subject, guest, '2m', 0)
    if (lost === 0) {
      console.log('sync_interval 2m lost nothing: this test shows nothing')
      failures++
    }
    await subject.close()
  }
} finally {
  console.log(`took ${Math.round(process.uptime())} s`)
}
console.log(failures === 0 ? 'passed: nothing acknowledged was lost' : `failed: ${failures} rounds`)
process.exit(failures === 0 ? 0 : 1)

async function powerCut(subject: Subject, guest: Guest, sync: string, round: number): Promise<Round> {
  const place = join(folder, `${subject.name}-${sync}-${round}`)
  mkdirSync(place)
  const image = join(place, 'disk')
  writeFileSync(image, '')
  truncateSync(image, DISK_BYTES)
  await run('/usr/sbin/mkfs.ext4', ['-q', '-F', image])
  const diskSocket = join(place, 'nbd')
  const disk = await VolatileDisk.open(image, diskSocket)
  const ports = await Promise.all(subject.guestPorts.map(() => freePort()))
  const boot = (name: string): Machine =>
    startMachine({
      guest,
      diskSocket,
      repo: REPO,
      words: [`subject=${subject.name}`, `sync=${sync}`],
      ports: subject.guestPorts.map((inside, index) => ({ guest: inside, host: ports[index] ?? 0 })),
      consoleFile: join(place, name),
    })

  let machine = boot('console-before')
  try {
    const startedAt = Date.now()
    await ready(subject, ports, machine)
    const bootMs = Date.now() - startedAt
    const acknowledged = new Set<string>()
    const stop = new AbortController()
    let on = true
    const load = subject.load(ports, (id) => on && acknowledged.add(id), stop.signal)
    await pause(Number(values['load-ms']) * (0.5 + Math.random()))
    await machine.switchOff()
    // Half of the rounds the disk had written some of its cache, in no order.
    const sectors = disk.powerCut(round % 2 === 0 ? undefined : () => Math.random() < 0.5)
    // Acknowledgements that were on their way when the power went.
    await pause(200)
    on = false
    stop.abort()
    const flushes = disk.flushes

    machine = boot('console-after')
    await ready(subject, ports, machine)
    const kept = await subject.kept(ports, acknowledged)
    const lost = [...acknowledged].filter((id) => !kept.has(id)).length
    console.log(
      `${subject.name}, sync_interval ${sync}: ${acknowledged.size} acknowledged, ${kept.size} there after the power cut, ${lost} lost` +
        ` (${flushes} flushes, ${sectors} sectors lost; ready after ${bootMs} ms, ${hasKvm() ? 'KVM' : 'TCG'})`,
    )
    await machine.switchOff()
    await load
    return { acknowledged: acknowledged.size, lost, kept: kept.size }
  } catch (error) {
    console.error(machine.console().slice(-3000))
    throw error
  } finally {
    await machine.switchOff()
    await disk.close()
    rmSync(image)
  }
}

async function ready(subject: Subject, ports: number[], machine: Machine): Promise<void> {
  // Generous: without KVM, and beside other work, a platform takes minutes to start.
  const deadline = Date.now() + 900_000
  for (;;) {
    try {
      await subject.ready(ports)
      return
    } catch (cause) {
      if (Date.now() > deadline || !machine.running()) throw new Error('the guest did not get ready', { cause })
      await pause(200)
    }
  }
}
