import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Random octets for many ids: one call to the generator costs more than the rest of an id. */
const pool = Buffer.alloc(4096)
let used = pool.length

function randomOctets(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return pool.subarray(used, (used += count))
}

/** A new queue id: nine characters of time, so that ids sort by age, and eight random ones (40 bits). `now` in milliseconds since the
 * epoch. */
export function newQueueId(now: number): string {
  let time = ''
  for (let rest = now; time.length < 9; rest = Math.floor(rest / 32)) time = (ALPHABET[rest % 32] ?? '') + time
  const random = Array.from(randomOctets(8), (octet) => ALPHABET[octet % 32]).join('')
  return time + random
}
