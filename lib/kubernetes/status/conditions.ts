import { isoSeconds } from '@postrider/time/iso'

/** metav1.Condition. */
export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  /** One CamelCase word, for programs. */
  reason: string
  /** A sentence that says what to do, for people. */
  message: string
  observedGeneration?: number | undefined
  /** RFC 3339, whole seconds. */
  lastTransitionTime: string
}

export type Finding = Omit<Condition, 'lastTransitionTime'>

/** The API server accepts no longer message. */
const MAX_MESSAGE = 32_768

/** Replaces the condition of the finding's type, or adds it at the end. lastTransitionTime changes only with the status. */
export function setCondition(conditions: readonly Condition[] | undefined, finding: Finding, now: Date): Condition[] {
  const before = conditions ?? []
  const old = before.find(({ type }) => type === finding.type)
  const found: Condition = {
    ...finding,
    message: finding.message.slice(0, MAX_MESSAGE),
    lastTransitionTime: old?.status === finding.status ? old.lastTransitionTime : isoSeconds(now.getTime()),
  }
  if (old === undefined) return [...before, found]
  return before.map((condition) => (condition === old ? found : condition))
}
