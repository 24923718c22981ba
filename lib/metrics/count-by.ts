import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'

/** Name and help of a counter, and the values of its only label. */
export interface CountedBy<Label extends string> {
  name: string
  help: string
  label: Label
  values: readonly string[]
}

/** Creates a counter with one label whose values are known. Each series starts with 0, since `rate()` misses the first increment of a
 * series that starts with 1. */
export function countBy<Label extends string>(
  registry: Registry,
  { name, help, label, values }: CountedBy<Label>,
): Counter<Label> {
  const counter = new Counter<Label>({ name, help, labelNames: [label], registers: [registry] })
  for (const value of values) counter.labels(value).inc(0)
  return counter
}
