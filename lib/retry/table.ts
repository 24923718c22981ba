import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import type { RetryConfig } from '@postrider/runtime-config/config'
import { nextAttempt } from './plan-retry.ts'
import { DEFAULT_RETRY } from './schedule.ts'

/** A Markdown table of the attempts for a destination that never answers: without jitter, and the earliest and latest times with jitter. */
export function scheduleTable(policy: RetryConfig): string {
  const exact = times(policy, 0.5)
  const early = times(policy, 0)
  const late = times(policy, 1)
  const rows = exact.map((at, index) => {
    const gap = index === 0 ? '' : duration(at - (exact[index - 1] ?? 0))
    return `| ${index + 1} | ${duration(at)} | ${gap} | ${duration(early[index] ?? 0)} | ${duration(Math.min(late[index] ?? policy.lifetimeMs, policy.lifetimeMs))} |`
  })
  const header = ['| attempt | after acceptance | gap | earliest | latest |', '|---:|---:|---:|---:|---:|']
  const count = `${exact.length} attempts in all; jitter makes it ${late.length} to ${early.length}.`
  return [...header, ...rows, '', count].join('\n')
}

/** Times of all attempts in milliseconds after acceptance; `chance` 0.5 means no jitter, 0 the shortest, 1 the longest delays. */
export function times(policy: RetryConfig, chance: number): number[] {
  const all = [0]
  for (;;) {
    const now = all.at(-1) ?? 0
    const next = nextAttempt({ since: 0, attempt: all.length, now, policy, random: () => chance })
    if ('expired' in next) return all
    all.push(next.at)
  }
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`
}

if (pathToFileURL(argv[1] ?? '').href === import.meta.url) console.log(scheduleTable(DEFAULT_RETRY))
