import type { Spec } from '@postrider/resources/kinds'

export type Algorithm = Spec<'Domain'>['dkim']['algorithms'][number]

/** A DKIM key pair of a Domain, as in its Secret. Times are milliseconds since the epoch. */
export interface DkimKey {
  selector: string
  algorithm: Algorithm
  /** From 1; a newer key has a higher one. */
  generation: number
  createdAt: number
  /** The rotation request (spec.dkim.rotation.request) that it answers. */
  request: string
  /** When a newer one began to sign. */
  supersededAt?: number
}

export type KeyState = 'Pending' | 'Signing' | 'Retiring'

export interface DkimWish {
  algorithms: Algorithm[]
  selectorPrefix: string
  request: string
  overlapMs: number
}

/** The next steps for the keys of a Domain. */
export interface DkimSteps {
  make: { selector: string; algorithm: Algorithm; generation: number }[]
  /** Keys that are superseded from now on. */
  supersede: DkimKey[]
  /** Keys that no mail in transit still needs. */
  remove: DkimKey[]
  states: Map<string, KeyState>
  /** When to look again, milliseconds since the epoch. */
  nextAt?: number
}

/** Keys of one algorithm. A further rotation waits until one of them is removed: each costs a Secret and a DNS lookup. */
const MAX_KEYS = 6

const SUFFIX: Record<Algorithm, string> = { RSA2048: 'rsa', Ed25519: 'ed25519' }

/** One key signs for each algorithm: the newest whose record is in the DNS. The very first signs at once, because there is no other, and
 * a signature that cannot be verified yet does no harm (RFC 6376, 6.1.2: it counts as none). */
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

/** Whether each algorithm has a key, made for the request if there is one. */
export const isAnswered = (keys: DkimKey[], { algorithms, request }: DkimWish): boolean =>
  algorithms.every((wished) => keys.some((key) => key.algorithm === wished && answers(key, request)))

/** A key that superseded an older one keeps signing while no key's record is found in the DNS. */
const wasSigning = (key: DkimKey, index: number, own: DkimKey[]): boolean =>
  key.supersededAt === undefined && own.slice(index + 1).some(({ supersededAt }) => supersededAt !== undefined)

function retire(own: DkimKey[], { algorithms, overlapMs }: DkimWish, steps: DkimSteps, now: number): void {
  for (const key of own) {
    // Its algorithm is no longer requested.
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
