/** Which passwords of a credential are valid, from the annotations of the SMTPCredential. */
export interface PasswordIds {
  current: string
  /** Valid until then, milliseconds since the epoch. */
  previous?: { id: string; until: number }
  /** The request (spec.rotation.request) that the current password answers. */
  answered: string
}

const CURRENT = 'postrider.dev/password-id'
const PREVIOUS = 'postrider.dev/previous-password-id'
const UNTIL = 'postrider.dev/previous-password-until'
const ANSWERED = 'postrider.dev/password-request'

/** From a credential's annotations; undefined if it has no password yet. */
export function readPasswordIds(annotations: Record<string, string> = {}): PasswordIds | undefined {
  const current = annotations[CURRENT]
  if (current === undefined || current === '') return undefined
  const id = annotations[PREVIOUS]
  const until = Date.parse(annotations[UNTIL] ?? '')
  return {
    current,
    answered: annotations[ANSWERED] ?? '',
    ...(id === undefined || Number.isNaN(until) ? {} : { previous: { id, until } }),
  }
}

/** Ids of all valid passwords, the current one first. */
export const passwordIds = (ids: PasswordIds | undefined): string[] =>
  ids === undefined ? [] : [ids.current, ...(ids.previous === undefined ? [] : [ids.previous.id])]

export const passwordAnnotations = ({ current, previous, answered }: PasswordIds): Record<string, string> => ({
  [CURRENT]: current,
  [ANSWERED]: answered,
  ...(previous === undefined ? {} : { [PREVIOUS]: previous.id, [UNTIL]: new Date(previous.until).toISOString() }),
})

/** A merge patch of annotations that writes the ids and removes a previous one that has expired. */
export const annotationPatch = (ids: PasswordIds): Record<string, string | null> => ({
  [PREVIOUS]: null,
  [UNTIL]: null,
  ...passwordAnnotations(ids),
})

/** The passwords that should exist: a first one, a new one if a rotation is requested, no previous one after it has expired.
 * `newId` is called for each new password. */
export function nextPasswordIds(
  present: PasswordIds | undefined,
  wish: { request: string | undefined; overlapMs: number },
  now: number,
  newId: () => string,
): PasswordIds {
  const request = wish.request ?? ''
  if (present === undefined) return { current: newId(), answered: request }
  if (request !== '' && request !== present.answered) {
    const previous = wish.overlapMs === 0 ? {} : { previous: { id: present.current, until: now + wish.overlapMs } }
    return { current: newId(), answered: request, ...previous }
  }
  if (present.previous !== undefined && present.previous.until <= now)
    return { current: present.current, answered: present.answered }
  return present
}
