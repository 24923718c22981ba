import type { V1Lease } from '@kubernetes/client-node'
import type { Wire } from '../object/object.ts'

export type Lease = Wire<V1Lease>

/** The holder; '' if there is none. */
export const holderOf = (lease: Lease | undefined): string => lease?.spec?.holderIdentity ?? ''

/** Changes with each renewal and each new holder. */
export function markOf(lease: Lease | undefined): string {
  const { holderIdentity, renewTime, leaseTransitions } = lease?.spec ?? {}
  return JSON.stringify([lease?.metadata?.uid, holderIdentity, renewTime, leaseTransitions])
}

export interface Entry {
  namespace: string
  name: string
  /** '' releases it. */
  holder: string
  durationMs: number
  /** Times in a lease are for people; they are never compared with a clock. */
  now: Date
}

/** The lease with which `holder` replaces `before`. */
export function leaseFor(before: Lease | undefined, { namespace, name, holder, durationMs, now }: Entry): Lease {
  const { acquireTime, leaseTransitions = 0 } = before?.spec ?? {}
  const time = microTime(now)
  const same = holderOf(before) === holder
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: before?.metadata ?? { name, namespace },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: holder === '' ? 1 : Math.ceil(durationMs / 1000),
      acquireTime: same ? (acquireTime ?? time) : time,
      renewTime: time,
      leaseTransitions: same || holder === '' ? leaseTransitions : leaseTransitions + 1,
    },
  }
}

/** metav1.MicroTime. */
export const microTime = (time: Date): string => time.toISOString().replace('Z', '000Z')
