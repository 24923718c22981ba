import { ApiError } from '@postrider/kubernetes/transport/errors'
import { UnknownMessageError, UnknownRecordError } from '../usage.ts'
import { UsageError } from '@postrider/standalone/usage-error'
import { NotFoundError } from './find.ts'

/** The text of an error for people: what to do, or where the bug is. */
export function explain(error: unknown): string {
  if (error instanceof UsageError || isUnknown(error)) return error.message
  if (error instanceof ApiError) return `${error.message}\n  -> ${whatToDo(error)}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** 1: the name is not known. 2: the message says what to fix. */
export const exitCodeOf = (error: unknown): number => (isUnknown(error) ? 1 : 2)

const isUnknown = (error: unknown): error is Error =>
  error instanceof UnknownMessageError || error instanceof UnknownRecordError || error instanceof NotFoundError

function whatToDo({ reason, ref }: ApiError): string {
  switch (reason) {
    case 'Unreachable':
    case 'Timeout':
      return 'the API server does not answer: see kubectl cluster-info, or choose another cluster with --context'
    case 'Unauthorized':
      return 'the cluster does not recognize your login: log in again, or choose another user with --context'
    case 'Forbidden':
      return whomToAsk(ref)
    case 'NotFound':
      return ref?.apiVersion?.startsWith('postrider.dev/') && ref.name === undefined
        ? 'Postrider is not installed in this cluster: helm install, or choose another cluster with --context'
        : 'it was just deleted; try again'
    case 'Invalid':
    case 'BadRequest':
      return 'the cluster rejects this change; its Postrider may have another version'
    default:
      return 'try again in a few seconds'
  }
}

function whomToAsk(ref: ApiError['ref']): string {
  if (ref?.kind === 'Secret')
    return 'ask someone with the role edit in that namespace; the role view does not include Secrets'
  const first = ref?.namespace === undefined ? 'leave out -A' : 'choose one of your namespaces with -n'
  return `${first}, or ask the cluster administrator for the role view in that namespace (edit, to suspend and resume)`
}
