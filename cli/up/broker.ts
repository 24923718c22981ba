import { mkdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { findBroker } from '@postrider/broker-process/find'
import { openBroker } from '@postrider/queue/broker'
import type { Broker } from '@postrider/queue/broker'
import { UsageError } from '../usage.ts'
import { writeBrokerConfig } from './broker-config.ts'
import type { BrokerFiles } from './broker-config.ts'
import type { Program, Supervised } from './supervise.ts'

export interface BrokerProgram {
  program: Program
  files: BrokerFiles
}

/** What is needed to run the broker of a state folder; finds or builds its binary. Throws NoBroker. */
export async function brokerProgram(
  state: string,
  settings: { port: number; shards: number },
  say: (line: string) => void,
): Promise<BrokerProgram> {
  const binary = await findBroker(say)
  mkdirSync(join(state, 'logs'), { recursive: true })
  const files = await writeBrokerConfig(join(state, 'broker'), settings.port, settings.shards)
  const program: Program = {
    name: 'broker',
    command: binary,
    args: ['-c', files.configFile],
    // Half the machine: with all of it the broker's idle threads look for work on the cores that the services need
    // (measured on two cores: a fifth less CPU a message).
    env: { GOMAXPROCS: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
    logFile: join(state, 'logs', 'broker.log'),
  }
  return { program, files }
}

/** The broker reads its store before it answers: with tens of GB that takes a while. Milliseconds. */
const START_MS = 120_000

/** Waits until the broker answers with JetStream ready. Throws a UsageError with the end of its log when it does not. */
export async function awaitBroker(running: Supervised, { files, program }: BrokerProgram): Promise<Broker> {
  const deadline = Date.now() + START_MS
  for (;;) {
    const broker = await openBroker('admin', files.access('admin')).catch(() => undefined)
    if (broker !== undefined) {
      const ready = await broker.jsm.getAccountInfo().then(
        () => true,
        () => false,
      )
      if (ready) return broker
      await broker.close()
    }
    if (running.restarts >= 3 || Date.now() > deadline) {
      const log = readFileSync(program.logFile, 'utf8').trim().split('\n').slice(-3).join('\n')
      throw new UsageError(`the broker does not start; its log (${program.logFile}) ends with:\n${log}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
