import { runLimit } from './limit-run.ts'
import type { LimitRun } from './limit-run.ts'

/** `make limits`: eight client processes against two ingress processes and a limit of 1,000 messages a day, once in peace and
 * once with SIGKILL of ingress and broker in between. */
const LIMIT = Number(process.env['LIMIT'] ?? '1000')
const CLIENTS = 8
const KILLS = [
  { after: LIMIT * 0.2, target: 'ingress' },
  { after: LIMIT * 0.4, target: 'broker' },
  { after: LIMIT * 0.6, target: 'ingress' },
  { after: LIMIT * 0.8, target: 'broker' },
] as const

const checks: boolean[] = []
const check = (what: string, passed: boolean): void => {
  checks.push(passed)
  console.log(`${passed ? 'pass' : 'FAIL'}  ${what}`)
}

function verify(run: LimitRun, kills: number): void {
  const { accepted, delivered, inFlight, lost } = run
  console.log(
    `  accepted ${accepted}, arrived ${delivered}, without a final answer ${inFlight}, refused ${run.refusals.length}`,
  )
  check(`accepted messages are at most ${LIMIT}: ${accepted}`, accepted <= LIMIT)
  check(`messages that were stored are at most ${LIMIT}: ${delivered}`, delivered <= LIMIT)
  check(`each accepted message arrived: ${lost} lost`, lost === 0)
  if (kills === 0) check(`exactly ${LIMIT} were accepted`, accepted === LIMIT)
  else {
    check(`${kills} kills came before the end`, run.killed === kills)
    check(`no more are missing than were in flight (${CLIENTS} a kill)`, accepted >= LIMIT - CLIENTS * kills)
  }
}

console.log(`${CLIENTS} client processes, 2 ingress processes, ${LIMIT} messages a day`)
verify(await runLimit({ limit: LIMIT, clients: CLIENTS, kills: [] }), 0)
console.log('the same, and kill -9 of both ingress processes and of the broker, twice each')
verify(
  await runLimit({ limit: LIMIT, clients: CLIENTS, kills: [...KILLS], say: (line) => console.log(`  ${line}`) }),
  KILLS.length,
)
process.exit(checks.every(Boolean) ? 0 : 1)
