import { markdown } from '../markdown.ts'
import { quantile } from '../quantile.ts'
import type { Submission } from '../submission.ts'
import type { Trial } from './trial.ts'

const refused = (mails: Submission[]): Submission[] => mails.filter(({ reply }) => !reply.startsWith('250'))
const p95 = (mails: Submission[]): string =>
  quantile(
    mails.map(({ ms }) => ms),
    0.95,
  ).toFixed(0)

const guessMs = ({ cpuSeconds, guesses }: Trial): number => (cpuSeconds * 1000) / guesses

/** A column a trial. */
export function report(trials: Trial[]): string {
  const rows: [string, (trial: Trial) => string][] = [
    ['guesses, addresses', ({ guesses, addresses }) => `${guesses}, ${addresses}`],
    ['got in', ({ counts }) => String(counts['235'])],
    ['answered after a verification (535)', ({ counts }) => String(counts['535'])],
    ['refused without one: blocked (421)', ({ counts }) => String(counts['421'])],
    ['refused without one: too busy (454)', ({ counts }) => String(counts['454'])],
    ['not let in (no greeting)', ({ counts }) => String(counts.none)],
    ['other, or no answer', ({ counts }) => String(counts.other)],
    ['time, s', ({ seconds }) => seconds.toFixed(0)],
    ['CPU of the ingress, s', ({ cpuSeconds }) => cpuSeconds.toFixed(1)],
    ['CPU of the ingress a guess, ms', (trial) => guessMs(trial).toFixed(2)],
    ['CPU of one verification, ms', ({ verificationMs }) => verificationMs.toFixed(1)],
    ['a guess costs, of a verification', (trial) => `${((guessMs(trial) / trial.verificationMs) * 100).toFixed(0)} %`],
    ["the owner's mails, taken", ({ during }) => `${during.length}, ${during.length - refused(during).length}`],
    ["the owner's first mail, ms", ({ during }) => during[0]?.ms.toFixed(0) ?? 'none'],
    ["the owner's p95 during / after, ms", ({ during, after }) => `${p95(during)} / ${p95(after)}`],
    [
      'right / wrong password from a blocked address',
      ({ probe }) => `${codes(probe.right)} / ${codes(probe.wrong)}, ${sameText(probe) ? 'one text' : 'TEXTS DIFFER'}`,
    ],
    ['reply to it after, ms', ({ probe }) => `${probe.rightMs.toFixed(1)} / ${probe.wrongMs.toFixed(1)}`],
  ]
  return markdown([
    ['the owner comes from', ...trials.map(({ familiar }) => (familiar ? 'where he was before' : 'new addresses'))],
    ...rows.map(([name, of]) => [name, ...trials.map(of)]),
  ])
}

const codes = (replies: string[]): string => [...new Set(replies.map((reply) => reply.slice(0, 3)))].join(' ')
const sameText = ({ right, wrong }: Trial['probe']): boolean => new Set([...right, ...wrong]).size === 1

/** What was promised and is not so. */
export function broken(trial: Trial): string[] {
  const { counts, during, after, probe } = trial
  const lost = refused([...during, ...after])
  return [
    ...(counts['235'] > 0 ? [`${counts['235']} guesses got in`] : []),
    ...(during.length === 0 ? ['the owner sent nothing: the attack was over too soon'] : []),
    ...(lost.length > 0 ? [`${lost.length} mails of the owner were refused, first: ${lost[0]?.reply ?? ''}`] : []),
    ...(probe.right.every((reply) => reply.startsWith('421 4.7.0'))
      ? []
      : [`a blocked address heard ${codes(probe.right)}`]),
    ...(sameText(probe) ? [] : ['the reply tells a blocked address whether its password is right']),
  ]
}
