import { test } from 'node:test'
import { fuzzParsers } from './parsers.ts'
import { fuzzPlatform } from './platform-round.ts'

// One seed that stays, so that a failure is of the change that brought it; `make fuzz` draws new ones.
const SEED = 20261124

test('parsers survive octets from strangers, and what they let through can smuggle nothing', () => {
  fuzzParsers({ seed: SEED, inputs: 20_000 })
})

test('the ports survive sessions gone wrong, and take the next message as usual', async () => {
  await fuzzPlatform({ seed: SEED, sessions: 1000 })
})
