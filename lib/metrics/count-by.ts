import { Counter } from 'prom-client'
import type { Registry } from 'prom-client'

/** What a counter is called, and the values of its one label. */
export interface CountedBy<Label extends string> {
  name: string
  help: string
  label: Label
  values: readonly string[]
}

/** A counter with one label whose values are known. Each series begins with 0: a rate does not see the first of one that begins
 * with 1. */
export function countBy<Label extends string>(
  registry: Registry,
  { name, help, label, values }: CountedBy<Label>,
): Counter<Label> {
  const counter = new Counter<Label>({ name, help, labelNames: [label], registers: [registry] })
  for (const value of values) counter.labels(value).inc(0)
  return counter
}
