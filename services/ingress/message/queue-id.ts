import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Chance is drawn for many ids at once: a draw costs more than the rest of an id. */
const pool = Buffer.alloc(4096)
let used = pool.length

function draw(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return pool.subarray(used, (used += count))
}

/** A queue id: nine characters of time (milliseconds, so that ids sort by age) and eight of chance (40 bits). */
export function newQueueId(now: number): string {
  let time = ''
  for (let rest = now; time.length < 9; rest = Math.floor(rest / 32)) time = (ALPHABET[rest % 32] ?? '') + time
  const chance = Array.from(draw(8), (octet) => ALPHABET[octet % 32]).join('')
  return time + chance
}
