import { median } from '../table.ts'
import { markdown } from '../markdown.ts'
import type { Pair, Trial } from './trial.ts'
import { attackers } from './variant.ts'

/** By how much the p95 of an attacked round is above its pair's calm one. Percent. */
const riseOf = ({ calm, attacked }: Pair): number => (attacked.p95 / calm.p95 - 1) * 100

export const rises = ({ pairs }: Trial): number[] => pairs.map(riseOf)

export const failures = ({ pairs }: Trial): string[] =>
  pairs.flatMap(({ calm, attacked }) => [...calm.failures, ...attacked.failures])

/** A column a variant. Where two figures are in a cell: calm, then attacked; medians of the rounds. */
export function report(trials: Trial[]): string {
  const both = (of: (round: Pair['calm']) => number, digits = 0) => {
    const figure = ({ pairs }: Trial, which: keyof Pair): string =>
      median(pairs.map((pair) => of(pair[which]))).toFixed(digits)
    return (trial: Trial): string => `${figure(trial, 'calm')} / ${figure(trial, 'attacked')}`
  }
  const percent = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(0)} %`
  const rows: [string, (trial: Trial) => string][] = [
    ['attackers', ({ variant }) => String(attackers(variant))],
    ['open connections, as the ingress counts', both(({ open }) => open)],
    ['connections turned away a round', both(({ turnedAway }) => turnedAway)],
    ["the client's mails a round", both(({ sent }) => sent)],
    ['of all, not taken', (trial) => String(failures(trial).length)],
    ['p50, ms', both(({ p50 }) => p50, 1)],
    ['p95, ms', both(({ p95 }) => p95, 1)],
    ['rise of p95, median of pairs', (trial) => percent(median(rises(trial)))],
    ['rises of the pairs', (trial) => rises(trial).map(percent).join(', ')],
    ['CPU of the ingress, % of a core', both(({ cpuPercent }) => cpuPercent)],
    [
      'memory of the ingress before / attacked / after, MB',
      ({ pairs, rssBefore, rssAfter }) =>
        [rssBefore, Math.max(...pairs.map(({ attacked }) => attacked.rssMb)), rssAfter]
          .map((value) => value.toFixed(0))
          .join(' / '),
    ],
  ]
  return markdown([
    ['calm / attacked', ...trials.map(({ variant }) => variant.name)],
    ...rows.map(([name, of]) => [name, ...trials.map(of)]),
  ])
}
