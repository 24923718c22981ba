import type { Recorder } from '../status/events.ts'
import { describeRef } from '../object/object.ts'
import type { KubeObject, ObjectRef } from '../object/object.ts'

export interface Drift {
  ref: ObjectRef
  fields: string[]
  by: string | undefined
  contested: boolean
}

/** Records on the owner what was corrected, and who changed it. Only names of fields, because values may be secret. */
export function tellDrift(recorder: Recorder, owner: KubeObject, { ref, fields, by, contested }: Drift): void {
  const what = describeRef(ref)
  const who = by ?? 'another client'
  const list = fields.length > 8 ? `${fields.slice(0, 8).join(', ')} and ${fields.length - 8} more` : fields.join(', ')
  const note =
    list === ''
      ? `${what} was deleted; it is being recreated`
      : `${what}: ${who} changed ${list}; the change is being reverted`
  recorder.record(owner, 'Warning', 'DriftCorrected', note)
  if (!contested) return
  const how = list === '' ? `${what} keeps being deleted` : `${who} keeps changing ${list} of ${what}`
  recorder.record(owner, 'Warning', 'DriftConflict', `${how}; corrections back off until this stops`)
}
