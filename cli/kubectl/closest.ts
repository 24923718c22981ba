/** `; did you mean a, b?` with names similar to the one given, else `; choose from: ...`, or `; none exist`. Pure. */
export function closest(asked: string, names: string[]): string {
  const near = names.filter((name) => isNear(asked.toLowerCase(), name.toLowerCase()))
  if (near.length > 0) return `; did you mean ${listed(near)}?`
  return names.length === 0 ? '; none exist' : `; choose from: ${listed(names)}`
}

/** Names that are listed; the others are only counted. */
const NAMED = 8

function listed(names: string[]): string {
  const sorted = [...new Set(names)].sort()
  const rest = sorted.length - NAMED
  return rest > 0 ? `${sorted.slice(0, NAMED).join(', ')} and ${rest} more` : sorted.join(', ')
}

const isNear = (asked: string, name: string): boolean =>
  (asked.length >= 2 && (name.startsWith(asked) || asked.startsWith(name))) ||
  distance(asked, name) <= (asked.length < 5 ? 1 : 2)

/** Letters to insert, delete, replace or swap with the next one (optimal string alignment). */
function distance(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  const rows = [Array.from({ length: right.length + 1 }, (_, at) => at)]
  const cost = (i: number, j: number): number => rows[i]?.[j] ?? Infinity
  for (const [i, letter] of left.entries()) {
    const row = [i + 1]
    rows.push(row)
    for (const [j, other] of right.entries()) {
      const swapped = letter === right[j - 1] && other === left[i - 1] ? cost(i - 1, j - 1) + 1 : Infinity
      row.push(Math.min(cost(i, j) + (letter === other ? 0 : 1), cost(i, j + 1) + 1, cost(i + 1, j) + 1, swapped))
    }
  }
  return cost(left.length, right.length)
}
