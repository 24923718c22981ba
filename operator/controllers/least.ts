/** The shortest delay until the next run. Pure. */
export function least(times: (number | undefined)[]): number | undefined {
  const given = times.filter((ms) => ms !== undefined)
  return given.length === 0 ? undefined : Math.min(...given)
}
