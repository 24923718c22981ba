import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** A queue id: nine characters of time (milliseconds, so that ids sort by age) and eight of chance (40 bits). */
export function newQueueId(now: number): string {
  let time = ''
  for (let rest = now; time.length < 9; rest = Math.floor(rest / 32)) time = (ALPHABET[rest % 32] ?? '') + time
  const chance = [...randomBytes(8)].map((byte) => ALPHABET[byte % 32]).join('')
  return time + chance
}
