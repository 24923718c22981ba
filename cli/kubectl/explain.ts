import { ApiError } from '@postrider/kubernetes/transport/errors'
import { UnknownMessage, UnknownRecordError } from '../usage.ts'
import { UsageError } from '@postrider/standalone/usage-error'
import { NotThere } from './find.ts'

/** What a person is told of an error: a sentence with what to do, or where the program's fault is. */
export function explain(error: unknown): string {
  if (error instanceof UsageError || isUnknown(error)) return error.message
  if (error instanceof ApiError) return `${error.message}\n  -> ${whatToDo(error)}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** 1: nothing is known by that name. 2: the message says what to mend. */
export const exitCodeOf = (error: unknown): number => (isUnknown(error) ? 1 : 2)

const isUnknown = (error: unknown): error is Error =>
  error instanceof UnknownMessage || error instanceof UnknownRecordError || error instanceof NotThere

function whatToDo({ reason, ref }: ApiError): string {
  switch (reason) {
    case 'Unreachable':
    case 'Timeout':
      return 'the API server does not answer: see kubectl cluster-info, or choose another cluster with --context'
    case 'Unauthorized':
      return 'the cluster does not know you: log in again, or choose another user with --context'
    case 'Forbidden':
      return whomToAsk(ref)
    case 'NotFound':
      return ref?.apiVersion?.startsWith('postrider.dev/') && ref.name === undefined
        ? 'Postrider is not installed in this cluster: helm install, or choose another cluster with --context'
        : 'it was there a moment ago; try again'
    case 'Invalid':
    case 'BadRequest':
      return 'the cluster does not take this change; its Postrider may be of another version'
    default:
      return 'try again in some seconds'
  }
}

function whomToAsk(ref: ApiError['ref']): string {
  if (ref?.kind === 'Secret') return 'ask somebody who has the role edit there: the role view does not show Secrets'
  const first = ref?.namespace === undefined ? 'leave out -A' : 'choose a namespace of yours with -n'
  return `${first}, or ask who runs the cluster for the role view there (edit, to suspend and resume)`
}
