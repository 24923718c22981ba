import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Service } from '../blackbox/target.ts'
import { compare } from '../clients/compare.ts'
import type { Front } from '../clients/front.ts'
import type { Transaction } from '../support/receiver/transaction.ts'
import type { ProgramCase } from './case.ts'
import { meant } from './meant.ts'
import { sameWhenRead } from './parsed.ts'
import { poll } from '../support/eventually.ts'

/** A service with a recorder before it. */
export interface Recorded {
  service: Service
  front: Front
  port: number
  caFile: string
}

export interface Trial {
  /** What the program wrote, one char an octet; undefined when it sent no content. */
  wrote?: string
  arrived?: Transaction
  /** same: octet for octet; read: the same to who reads it. */
  result: 'same' | 'read' | 'changed' | 'refused' | 'failed'
  /** What the program said, or what differs. */
  detail: string
}

const ROOT = join(import.meta.dirname, '..', '..')
/** For a program. Milliseconds. */
const PROGRAM_MS = 60_000
const ARRIVES_MS = 15_000

export async function tryProgram(
  program: ProgramCase,
  { service, front, port, caFile }: Recorded,
  to: string,
): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-program-'))
  front.sessions.length = 0
  writeFileSync(join(folder, 'password'), service.password)
  try {
    const { code, output } = await run(program.script, folder, {
      HOST: 'localhost',
      PORT: String(port),
      LOGIN: service.username,
      PASSWORD: service.password,
      CA: caFile,
      FROM: service.username,
      TO: to,
      ROOT,
      NODE: process.execPath,
    })
    const wrote = front.sessions.flatMap(({ transcript }) => transcript.contents).at(-1)
    const sent = wrote === undefined ? {} : { wrote }
    const refusal = /[^\n<]*\b5\d\d[ -]\d\.\d\.\d[^\n]*/.exec(output)?.[0] ?? output.trim().split('\n').at(-1) ?? ''
    if (code !== 0)
      return { ...sent, result: wrote === undefined ? 'failed' : 'refused', detail: refusal.slice(0, 300) }
    const arrived = await arrival(service, to)
    if (arrived === undefined || wrote === undefined) return { ...sent, result: 'failed', detail: output.slice(-300) }
    return { wrote, arrived, ...difference(wrote, arrived.content) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function difference(wrote: string, content: string): Pick<Trial, 'result' | 'detail'> {
  const wanted = meant(wrote)
  const { difference: octets } = compare(wanted, content)
  if (octets === '') return { result: 'same', detail: '' }
  return { result: sameWhenRead(wanted, content) ? 'read' : 'changed', detail: octets }
}

async function arrival({ receiver }: Service, to: string): Promise<Transaction | undefined> {
  const look = (): Transaction | undefined => receiver.mails.find((one) => one.to.includes(to))
  return poll(look, (mail) => mail !== undefined, { withinMs: ARRIVES_MS })
}

async function run(
  script: string,
  cwd: string,
  variables: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const env = { ...process.env, HOME: cwd, ...variables }
  const child = spawn('bash', ['-c', script], { cwd, env, timeout: PROGRAM_MS, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? 1, output }
}
