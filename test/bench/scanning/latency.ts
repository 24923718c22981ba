import { median } from '../table.ts'
import { CASES } from './mails.ts'
import { headOf } from './row.ts'
import type { Row } from './row.ts'
import type { World } from './world.ts'

const MODES = ['off', 'TempFail'] as const
/** Mails of each kind between two changes of the settings. */
const IN_A_ROW = 2

/** What scanners say of each mail and how much longer it takes: the same platform without and with them, in turn. */
export async function addedLatency(world: World, rounds: number): Promise<Row[]> {
  const seen = CASES.map((kind) => ({
    kind,
    replies: new Set<string>(),
    off: [] as number[],
    TempFail: [] as number[],
  }))
  for (let round = 0; round < rounds; round++) {
    for (const mode of round % 2 === 0 ? MODES : MODES.toReversed()) {
      await world.scan(mode)
      for (const { kind, replies, ...times } of seen) {
        for (let time = 0; time < IN_A_ROW; time++) {
          const { reply, ms } = await world.submit(kind.content())
          times[mode].push(ms)
          if (mode !== 'off') replies.add(headOf(reply))
          else if (!reply.startsWith('250')) throw new Error(`without scanners ${kind.name} was answered ${reply}`)
        }
      }
    }
  }
  return seen.map(({ kind, replies, off, TempFail }) => {
    const right = [...replies].every((reply) => reply.startsWith(String(kind.code)))
    return {
      what: kind.name,
      reply: [...replies].join('; '),
      without: median(off),
      with: median(TempFail),
      ...(right ? {} : { broken: `${kind.name} was not always answered ${kind.code}` }),
    }
  })
}
