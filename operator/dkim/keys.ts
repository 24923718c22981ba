import type { Spec } from '@postrider/resources/kinds'

export type Algorithm = Spec<'Domain'>['dkim']['algorithms'][number]

/** A DKIM key pair of a Domain as its Secret tells it. Times are milliseconds since the epoch. */
export interface DkimKey {
  selector: string
  algorithm: Algorithm
  /** From 1; the higher one is the newer one. */
  generation: number
  createdAt: number
  /** The rotation request (spec.dkim.rotation.request) that it answers. */
  request: string
  /** Since when a newer one signs. */
  supersededAt?: number
}

export type KeyState = 'Pending' | 'Signing' | 'Retiring'

export interface DkimWish {
  algorithms: Algorithm[]
  selectorPrefix: string
  request: string
  overlapMs: number
}

/** What is to be done about the keys of a Domain. */
export interface DkimSteps {
  make: { selector: string; algorithm: Algorithm; generation: number }[]
  /** Keys that a newer one has taken the place of just now. */
  supersede: DkimKey[]
  /** Keys that no mail under way can still need. */
  remove: DkimKey[]
  states: Map<string, KeyState>
  /** When to look again, milliseconds since the epoch. */
  nextAt?: number
}

/** Of one algorithm. A rotation beyond that waits until one of them is over: each is a Secret, and a record to ask for. */
const MAX_KEYS = 6

const SUFFIX: Record<Algorithm, string> = { RSA2048: 'rsa', Ed25519: 'ed25519' }

/** One key signs for each algorithm: the newest whose record is in the DNS. The very first signs at once, as there is no other,
 * and a signature that can't be checked yet does no harm (RFC 6376, 6.1.2: it is as none). */
export function stepsForKeys(keys: DkimKey[], wish: DkimWish, published: ReadonlySet<string>, now: number): DkimSteps {
  const steps: DkimSteps = { make: [], supersede: [], remove: [], states: new Map() }
  for (const algorithm of ['RSA2048', 'Ed25519'] as const) {
    const own = keys.filter((key) => key.algorithm === algorithm).sort((a, b) => b.generation - a.generation)
    if (wish.algorithms.includes(algorithm)) rotate(own, algorithm, wish, published, steps)
    retire(own, wish, steps, now)
  }
  return steps
}

function rotate(
  own: DkimKey[],
  algorithm: Algorithm,
  { request, selectorPrefix }: DkimWish,
  published: ReadonlySet<string>,
  steps: DkimSteps,
): void {
  const [newest] = own
  if (newest === undefined || (!answers(newest, request) && own.length < MAX_KEYS)) {
    const generation = (newest?.generation ?? 0) + 1
    const selector = `${selectorPrefix}-${SUFFIX[algorithm]}${generation === 1 ? '' : `-${generation}`}`
    steps.make.push({ selector, algorithm, generation })
  }
  const signing = own.find(({ selector }) => published.has(selector)) ?? own.find(wasSigning) ?? own.at(-1)
  for (const key of own) {
    if (key === signing) steps.states.set(key.selector, 'Signing')
    else if (signing !== undefined && key.generation > signing.generation) steps.states.set(key.selector, 'Pending')
    else {
      steps.states.set(key.selector, 'Retiring')
      if (key.supersededAt === undefined) steps.supersede.push(key)
    }
  }
}

const answers = (newest: DkimKey, request: string): boolean => request === '' || newest.request === request

/** Whether there are keys that were made for the request, if there is one. */
export const isAnswered = (keys: DkimKey[], { algorithms, request }: DkimWish): boolean =>
  algorithms.every((wished) => keys.some((key) => key.algorithm === wished && answers(key, request)))

/** One that was never superseded though an older one was: it signs, whatever the DNS says at the moment. */
const wasSigning = (key: DkimKey, index: number, own: DkimKey[]): boolean =>
  key.supersededAt === undefined && own.slice(index + 1).some(({ supersededAt }) => supersededAt !== undefined)

function retire(own: DkimKey[], { algorithms, overlapMs }: DkimWish, steps: DkimSteps, now: number): void {
  for (const key of own) {
    // Of an algorithm that is no longer wished for.
    if (!algorithms.includes(key.algorithm)) {
      steps.states.set(key.selector, 'Retiring')
      if (key.supersededAt === undefined) steps.supersede.push(key)
    }
    if (key.supersededAt === undefined || steps.states.get(key.selector) !== 'Retiring') continue
    const endsAt = key.supersededAt + overlapMs
    if (endsAt <= now) {
      steps.remove.push(key)
      steps.states.delete(key.selector)
    } else steps.nextAt = Math.min(steps.nextAt ?? Infinity, endsAt)
  }
}
