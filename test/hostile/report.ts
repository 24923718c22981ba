import { markdown } from '../bench/markdown.ts'
import type { CampaignResult, Row } from './campaign.ts'
import { riseOf } from './tarpits.ts'
import type { TarpitResult } from './tarpits.ts'

/** Bounds of a run. MB, percent. */
export const MAX_RSS_MB = 400
export const MAX_RISE_PERCENT = 20

export interface Results {
  campaign?: CampaignResult
  tarpits: TarpitResult[]
}

/** Everything that is not as it has to be, a line each. */
export function failuresOf({ campaign, tarpits }: Results): string[] {
  const found: string[] = []
  for (const { behaviour, differences } of campaign?.rows ?? [])
    found.push(...differences.map((difference) => `${behaviour.name}: ${difference}`))
  if (campaign !== undefined) {
    const { healthy, peakRss } = campaign
    if (peakRss > MAX_RSS_MB) found.push(`delivery used ${peakRss.toFixed(0)} MB, at most ${MAX_RSS_MB} MB are allowed`)
    if (healthy.twice > 0) found.push(`${healthy.twice} messages to the healthy destination arrived more than once`)
    if (healthy.missing > 0) found.push(`${healthy.missing} messages to the healthy destination did not arrive`)
  }
  for (const result of tarpits) {
    const { domains, messages } = result.load
    const name = `${domains} tarpits with ${messages} messages each`
    const rise = riseOf(result)
    if (!(rise <= MAX_RISE_PERCENT))
      found.push(`${name}: the p95 of the healthy destination rose by ${rise.toFixed(0)} %`)
    if (result.peakRss > MAX_RSS_MB) found.push(`${name}: delivery used ${result.peakRss.toFixed(0)} MB`)
    if (result.late > 0) found.push(`${name}: ${result.late} messages to the healthy destination were late`)
    if (result.twice > 0) found.push(`${name}: ${result.twice} messages arrived more than once`)
    if (result.missing > 0) found.push(`${name}: ${result.missing} messages did not arrive after the tarpits had ended`)
  }
  return found
}

/** The page docs/hostile.md. */
export function pageOf({ campaign, tarpits }: Results, sections: [title: string, names: string[]][]): string {
  const rows = campaign?.rows ?? []
  const tables = sections.flatMap(([title, names]) => {
    const own = rows.filter(({ behaviour }) => names.includes(behaviour.name))
    return own.length === 0 ? [] : [`## ${title}`, '', tableOf(own, names), '']
  })
  const passed = rows.filter(({ differences }) => differences.length === 0).length
  const { healthy, peakRss } = campaign ?? { healthy: { sent: 0, twice: 0, missing: 0 }, peakRss: 0 }
  return [
    '# Mail to remotes that misbehave',
    '',
    'This page shows what happens to mail when the remote server, or the DNS of its domain, misbehaves, and how that affects a healthy',
    'destination. `make hostile` runs a whole platform (`postrider up`) against scripted remotes and a scripted name server. It compares the',
    'expected outcome with what is observed from outside: by the remotes, in the message log, and in the notices to the sender.',
    `\`make hostile ARGS=--write\` writes this page. Exit code 1 means that something differs, that the delivery process used more than ${MAX_RSS_MB} MB,`,
    `or that tarpits made the p95 of the healthy destination more than ${MAX_RISE_PERCENT} % worse.`,
    '',
    'Timeouts are 6 s per stage here, and a deferred message is attempted again after one or two seconds, so the number of attempts does not',
    'show what happens in production. The p95 is that of the time from the final dot of a submission to the arrival at the healthy',
    'destination, which gets 20 messages a second throughout: "before" is in the six seconds before, "during" while the behaviour was tested',
    'together with up to nineteen others.',
    '',
    `- ${rows.length} behaviours, ${passed} as expected`,
    `- ${healthy.sent} messages to the healthy destination meanwhile: ${healthy.missing} lost, ${healthy.twice} arrived twice`,
    `- peak memory (RSS) of the delivery process: ${peakRss.toFixed(0)} MB`,
    '',
    ...(tarpits.length === 0 ? [] : ['## Tarpits', '', ...tarpitLines(tarpits), '']),
    ...tables,
  ].join('\n')
}

function tableOf(rows: Row[], order: string[]): string {
  const sorted = rows.toSorted((a, b) => order.indexOf(a.behaviour.name) - order.indexOf(b.behaviour.name))
  return markdown([
    ['behaviour', 'expected', 'observed', 'p95 before, ms', 'p95 during, ms', 'RSS, MB'],
    ...sorted.map(({ behaviour, wanted, seen, differences, calmP95, p95, rss }) => [
      cell(behaviour.what),
      cell(wanted),
      cell(differences.length === 0 ? seen : `**${seen}**: ${differences.join('; ')}`),
      calmP95.toFixed(0),
      p95.toFixed(0),
      rss.toFixed(0),
    ]),
  ])
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function tarpitLines(results: TarpitResult[]): string[] {
  return [
    'Each tarpit waits 100 s before each of its replies; the platform has its default timeouts (5 minutes). Rounds without and with tarpits',
    'alternate. After a round, the tarpits become ordinary servers, and every message has to arrive once.',
    '',
    markdown([
      [
        'tarpits',
        'messages each',
        'p95 without, ms',
        'p95 with, ms',
        'rise, median',
        'late',
        'lost',
        'twice',
        'peak RSS, MB',
      ],
      ...results.map((result) => [
        String(result.load.domains),
        String(result.load.messages),
        result.rounds.map(({ calm }) => calm.toFixed(1)).join(', '),
        result.rounds.map(({ loaded }) => loaded.toFixed(1)).join(', '),
        `${riseOf(result).toFixed(0)} %`,
        String(result.late),
        String(result.missing),
        String(result.twice),
        result.peakRss.toFixed(0),
      ]),
    ]),
  ]
}
