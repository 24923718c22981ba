import { isoSeconds } from '@postrider/time/iso'
import type { Suspension } from './reputation.ts'

const WHAT = {
  Bounces: 'bounced because the addresses do not exist',
  Spam: 'were refused as spam or malware',
}

/** Why an account is suspended, for people. */
export const whySuspended = ({ reason, percent, recipients, limitPercent, at }: Suspension): string =>
  `suspended since ${isoSeconds(at)}: ${percent}% of the messages to ${recipients} recipients ${WHAT[reason]} (limit ${limitPercent}%)`

/** How to end the suspension, for people. */
export const remedyFor = ({ resumable }: Suspension): string =>
  resumable
    ? 'fix the cause, then have spec.resume of the credential or domain set to a new value'
    : 'since this is the second suspension in 30 days, only your mail administrator can lift it'
