import { headers } from '@nats-io/transport-node'
import type { Msg } from '@nats-io/transport-node'
import type { z } from 'zod'
import type { Broker } from './connection.ts'

/** A request from one process to another over the broker. Both sides import the same schema, so that they cannot drift apart. */
export interface Question<Request, Answer> {
  /** One of the subjects in names.ts. */
  subject: string
  request: z.ZodType<Request>
  answer: z.ZodType<Answer>
}

export const question = <Request, Answer>(
  subject: string,
  request: z.ZodType<Request>,
  answer: z.ZodType<Answer>,
): Question<Request, Answer> => ({ subject, request, answer })

/** No answer arrived in time: the answering service is starting, or not running. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** The answer was an error, or was malformed. */
export class BadAnswerError extends Error {
  override readonly name = 'BadAnswerError'
}

/** Headers of an answer that is an error, as in the NATS services protocol (ADR-32 of NATS). */
const ERROR = 'Nats-Service-Error'
const ERROR_CODE = 'Nats-Service-Error-Code'
const BAD_REQUEST = 400
const FAILED = 500

/** Sends a request, and checks the answer against its schema. Rejects with NoAnswerError and BadAnswerError. */
export async function ask<Request, Answer>(
  broker: Pick<Broker, 'nc'>,
  { subject, answer }: Question<Request, Answer>,
  request: Request,
  timeoutMs: number,
): Promise<Answer> {
  const reply = await broker.nc
    .request(subject, JSON.stringify(request), { timeout: timeoutMs })
    .catch((cause: unknown) => {
      throw new NoAnswerError(`nothing answered ${subject}`, { cause })
    })
  const problem = reply.headers?.get(ERROR) ?? ''
  if (problem !== '') throw new BadAnswerError(problem)
  const read = answer.safeParse(parse(reply))
  if (!read.success) throw new BadAnswerError(`the answer to ${subject} is malformed`, { cause: read.error })
  return read.data
}

/** Subscribes to a question and answers it with `handle`. A malformed request gets an error with code 400, a failure of `handle` one
 * with code 500; the service continues in both cases. `onError` receives failures, and the error of a subscription that the broker does
 * not permit. */
export function answer<Request, Answer>(
  broker: Pick<Broker, 'nc'>,
  { subject, request }: Question<Request, Answer>,
  handle: (request: Request) => Answer | Promise<Answer>,
  onError: (error: unknown) => void,
): void {
  async function respond(message: Msg): Promise<void> {
    const read = request.safeParse(parse(message))
    if (read.success) message.respond(JSON.stringify(await handle(read.data)))
    else refuse(message, BAD_REQUEST, `malformed question: ${read.error.issues[0]?.message ?? ''}`)
  }
  broker.nc.subscribe(subject, {
    queue: 'log',
    callback: (error, message) => {
      if (error) {
        onError(error)
        return
      }
      respond(message).catch((cause: unknown) => {
        onError(cause)
        refuse(message, FAILED, 'internal error; see the log of the service')
      })
    },
  })
}

function refuse(message: Msg, code: number, text: string): void {
  const fields = headers()
  fields.set(ERROR, text)
  fields.set(ERROR_CODE, String(code))
  message.respond('', { headers: fields })
}

/** Undefined when it is not JSON; no schema accepts undefined. */
function parse(message: Msg): unknown {
  try {
    return message.json()
  } catch {
    return undefined
  }
}
