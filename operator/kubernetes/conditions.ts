/** metav1.Condition. */
export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  /** One CamelCase word, for programs. */
  reason: string
  /** A sentence that says what to do, for people. */
  message: string
  observedGeneration?: number
  /** RFC 3339, whole seconds. */
  lastTransitionTime: string
}

export type Finding = Omit<Condition, 'lastTransitionTime'>

/** The conditions with the finding among them: in the place of the one of its type, else last. lastTransitionTime tells when
 * the status changed, not when it was looked at: it stays when the status did. Gives the same array when nothing differs. */
export function setCondition(conditions: readonly Condition[] | undefined, finding: Finding, now: Date): Condition[] {
  throw new Error(`not there yet ${JSON.stringify([conditions, finding, now])}`)
}
