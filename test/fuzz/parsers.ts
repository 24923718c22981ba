import { mutate } from './mutate.ts'
import { createRandom } from './random.ts'
import { TARGETS } from './targets.ts'
import type { Target } from './targets.ts'

export interface ParserRound {
  seed: number
  inputs: number
}

export interface ParserFigures {
  /** Milliseconds of the slowest input, and which it was: what grows faster than its input shows here. */
  slowest: { ms: number; target: string; input: string }
  /** Heap in use after each tenth of the inputs, after a collection where the process exposes one. MB. */
  heap: number[]
}

/** An input that a parser did not survive, or whose result breaks a promise. Carries what repeats it. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure'
  constructor(seed: number, index: number, target: string, input: string, options: ErrorOptions) {
    super(`seed ${seed}, input ${index}, ${target}: ${JSON.stringify(input)}`, options)
  }
}

/** Feeds mutated inputs to every parser in turn; throws FuzzFailure at the first that fails. */
export function fuzzParsers({ seed, inputs }: ParserRound): ParserFigures {
  const random = createRandom(seed)
  const figures: ParserFigures = { slowest: { ms: 0, target: '', input: '' }, heap: [] }
  for (let index = 0; index < inputs; index++) {
    const target = random.pick(TARGETS)
    const input = mutate(random.pick(target.seeds), random, target.seeds)
    let ms
    try {
      ms = timed(target, input)
      // Another process may have had the core: what is slow by itself is slow again.
      for (let again = 0; again < 3 && ms > figures.slowest.ms; again++) ms = Math.min(ms, timed(target, input))
    } catch (cause) {
      throw new FuzzFailure(seed, index, target.name, input, { cause })
    }
    if (ms > figures.slowest.ms) figures.slowest = { ms, target: target.name, input }
    if ((index + 1) % Math.ceil(inputs / 10) === 0) {
      globalThis.gc?.()
      figures.heap.push(process.memoryUsage().heapUsed / 1e6)
    }
  }
  return figures
}

function timed(target: Target, input: string): number {
  const startedAt = performance.now()
  target.run(input)
  return performance.now() - startedAt
}
