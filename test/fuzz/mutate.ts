import type { Random } from './random.ts'

/** Octets that parsers of mail trip over: line ends in halves, NUL, quotes, brackets, escapes, and UTF-8 cut short. */
const ODD = [
  '\r',
  '\n',
  '\r\n',
  '\r\n.\r\n',
  '\n.\n',
  '\r.\r',
  '\0',
  '"',
  '\\',
  '(',
  ')',
  '<',
  '>',
  '@',
  ':',
  ';',
  ',',
  '=',
  '+',
  '+0D+0A',
  ' ',
  '\t',
  '.',
  '[',
  ']',
  '\x7f',
  '\xff',
  '\xc3',
  '\xf0\x9f',
  'xn--',
  '=?utf-8?q?',
  '99999999999999999999',
  '-1',
  '%00',
  'IPv6:',
] as const

/** Nothing is grown over this, so that a million inputs stay a matter of minutes. Octets. */
const LONGEST = 8192

/** Changes a seed input in one to eight places. Octets as latin1 text. */
export function mutate(seed: string, random: Random, corpus: readonly [string, ...string[]]): string {
  let text = seed
  for (let changes = 1 + random.whole(8); changes > 0; changes--) text = mutateOnce(text, random, corpus)
  return text.slice(0, LONGEST)
}

type Change = (text: string, at: number, random: Random, corpus: readonly [string, ...string[]]) => string

const CHANGES: readonly [Change, ...Change[]] = [
  // An odd piece goes in.
  (text, at, random) => text.slice(0, at) + random.pick(ODD) + text.slice(at),
  // An octet becomes another one.
  (text, at, random) => text.slice(0, at) + String.fromCharCode(random.whole(256)) + text.slice(at + 1),
  // A piece goes.
  (text, at, random) => text.slice(0, at) + text.slice(at + 1 + random.whole(8)),
  // A piece comes again, many times.
  (text, at, random) =>
    text.slice(0, at) + text.slice(at, at + 1 + random.whole(12)).repeat(1 + random.whole(40)) + text.slice(at),
  // The rest of another input.
  (text, at, random, corpus) => {
    const other = random.pick(corpus)
    return text.slice(0, at) + other.slice(random.whole(other.length + 1))
  },
  // Cut off.
  (text, at) => text.slice(0, at),
  // Case.
  (text, at) => text.slice(0, at) + text.slice(at).toUpperCase(),
]

function mutateOnce(text: string, random: Random, corpus: readonly [string, ...string[]]): string {
  return random.pick(CHANGES)(text, random.whole(text.length + 1), random, corpus)
}
