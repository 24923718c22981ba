/** Mutated inputs for everything that strangers' octets reach: the parsers one by one, then whole sessions with a running
 * platform. Ends with 1 at the first that is not survived, and says what repeats it. Usage:
 *
 *     node --expose-gc test/fuzz/main.ts [--seed N] [--parsers 900000] [--sessions 100000] */
import { parseArgs } from 'node:util'
import { fuzzParsers } from './parsers.ts'
import { fuzzPlatform } from './platform-round.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    parsers: { type: 'string', default: '900000' },
    sessions: { type: 'string', default: '100000' },
  },
})
const seed = Number(values.seed)
// What nobody waits for is a failure as well.
process.on('unhandledRejection', (error) => {
  console.error('unhandled rejection', error)
  process.exit(1)
})
console.log(`seed ${seed}: ${values.parsers} inputs to parsers, ${values.sessions} sessions`)

const parsers = fuzzParsers({ seed, inputs: Number(values.parsers) })
const { ms, target, input } = parsers.slowest
console.log(`parsers: all survived; heap ${megabytes(parsers.heap)} MB after each tenth`)
console.log(
  `slowest input: ${ms.toFixed(1)} ms, ${target}, ${input.length} octets: ${JSON.stringify(input.slice(0, 100))}`,
)

const { rss, heap, accepted, refused } = await fuzzPlatform({ seed, sessions: Number(values.sessions) })
console.log(`sessions: all survived; heap of the ingress ${megabytes(heap)} MB at its lowest in each tenth`)
console.log(`resident ${megabytes(rss)} MB after each tenth`)
console.log(`${accepted} messages accepted; refused ${JSON.stringify(refused)}`)

function megabytes(figures: number[]): string {
  return figures.map((figure) => figure.toFixed(0)).join(' ')
}
