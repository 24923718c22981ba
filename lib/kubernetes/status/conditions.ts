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

/** The API server takes no longer message. */
const MAX_MESSAGE = 32_768

/** The conditions with the finding among them: in the place of the one of its type, else last. lastTransitionTime tells when
 * the status changed, not when it was looked at: it stays when the status did. */
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
