/** `; did you mean a, b?` of the names that are nearly the one asked for, else `; there are: ...`, else that there are none. Pure. */
export function closest(asked: string, names: string[]): string {
  const near = names.filter((name) => isNear(asked.toLowerCase(), name.toLowerCase()))
  if (near.length > 0) return `; did you mean ${listed(near)}?`
  return names.length === 0 ? '; there are none' : `; there are: ${listed(names)}`
}

/** So many are named before the rest is only counted. */
const NAMED = 8

function listed(names: string[]): string {
  const sorted = [...new Set(names)].sort()
  const rest = sorted.length - NAMED
  return rest > 0 ? `${sorted.slice(0, NAMED).join(', ')} and ${rest} more` : sorted.join(', ')
}

const isNear = (asked: string, name: string): boolean =>
  (asked.length >= 2 && (name.startsWith(asked) || asked.startsWith(name))) ||
  distance(asked, name) <= (asked.length < 5 ? 1 : 2)

/** Letters to insert, delete or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries())
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    row = next
  }
  return row.at(-1) ?? 0
}
