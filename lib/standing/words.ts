import type { Suspension } from './standing.ts'

const WHAT = {
  Bounces: 'bounced, as their addresses do not exist',
  Spam: 'were refused as spam or malware',
}

/** Why something is suspended, for people. */
export const whySuspended = ({ reason, percent, recipients, limitPercent, at }: Suspension): string =>
  `suspended since ${new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')}: ${percent} % of ${recipients} recipients ${WHAT[reason]} (limit ${limitPercent} %)`

/** How it comes to an end, for people. */
export const wayBack = ({ resumable }: Suspension): string =>
  resumable
    ? 'fix the cause, then set spec.resume to a new value'
    : 'this is the second time in 30 days; only your mail administrator can lift it'
