/** A change to content: what stands from `start` to `end` becomes `text`. */
export interface Edit {
  start: number
  end: number
  text: string
}

/** Carries out edits that do not overlap. What is inserted at one place is in the given order, and before what is removed there. */
export function applyEdits(content: Buffer, edits: Edit[]): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    pieces.push(content.subarray(at, start), Buffer.from(text))
    at = end
  }
  pieces.push(content.subarray(at))
  return Buffer.concat(pieces)
}
