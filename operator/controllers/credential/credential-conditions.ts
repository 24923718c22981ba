import type { Finding } from '@postrider/kubernetes/status/conditions'
import { conditionOf } from '@postrider/kubernetes/status/status'
import type { WithStatus } from '@postrider/kubernetes/status/status'
import type { Resource } from '@postrider/resources/kinds'
import { stops } from '../configuration/gather.ts'
import type { Finding as Complaint } from '../configuration/gather.ts'

/** Why an SMTPCredential is not served: a finding of the configuration, or else the problems of its spec. Undefined if it is
 * served. Pure. */
export function objection(
  complaints: Complaint[],
  read: object | { problems: { path: string; problem: string }[] },
): Finding | undefined {
  const stopping = complaints.find(stops)
  if (stopping !== undefined) return notReady(stopping)
  if (!('problems' in read)) return undefined
  const message = read.problems.map(({ path, problem }) => `${path} ${problem}`).join('; ')
  return notReady({ reason: 'Invalid', message })
}

/** Whether a served login can send. `domain` is the Domain that it names, if it exists. Pure. */
export function readiness(
  { spec }: Pick<Resource<'SMTPCredential'>, 'spec'>,
  complaints: Complaint[],
  domain: WithStatus | undefined,
): Finding {
  if (spec.state === 'Suspended')
    return notReady({ reason: 'Suspended', message: 'spec.state is Suspended, so mail from this login is refused' })
  const ready = conditionOf(domain, 'Ready')
  if (ready?.status !== 'True') {
    const { name } = spec.domainRef
    const why =
      domain === undefined
        ? 'this namespace has no Domain with that name'
        : (ready?.message ?? 'it has not been checked yet')
    return notReady({ reason: 'DomainNotReady', message: `Domain ${name} is not ready: ${why}` })
  }
  if (complaints.length > 0)
    return notReady({ reason: 'SendersNotAllowed', message: complaints.map(({ message }) => message).join('; ') })
  return { type: 'Ready', status: 'True', reason: 'Ready', message: 'can log in and send' }
}

const notReady = (why: { reason: string; message: string }): Finding => ({ type: 'Ready', status: 'False', ...why })
