/** `make clock-jumps`: sets the clocks of a running platform's services, and prints what became of its mail. Needs Debian's
 * libfaketime. Ends with 1 when anything was lost, repeated, bounced or erased. */
import { runJumps } from './jumps.ts'

const results = await runJumps((line) => console.log(line))
const columns = ['jump', 'accepted', 'delivered', 'lost', 'twice', 'notices', 'erased', 'attempts'] as const
console.log(`| ${columns.join(' | ')} |\n|${columns.map(() => '---:').join('|')}|`)
for (const result of results) console.log(`| ${columns.map((column) => result[column]).join(' | ')} |`)
const good = results.every(
  ({ accepted, delivered, twice, notices, erased }) =>
    delivered === accepted && twice === 0 && notices === 0 && erased === 0,
)
process.exit(good ? 0 : 1)
