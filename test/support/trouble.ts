import { createTrouble } from '@postrider/service/trouble'
import type { Trouble } from '@postrider/service/trouble'

/** Trouble that nobody asks about. */
export const noTrouble: Trouble = { failed: () => undefined, over: () => undefined }

/** Trouble as it is reported: what failed, and that it is over. */
export function notedTrouble() {
  const noted: string[] = []
  const trouble = createTrouble(
    (error) => void noted.push(String(error)),
    () => void noted.push('over'),
  )
  return { noted, trouble }
}
