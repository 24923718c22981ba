import type { IncomingMessage } from 'node:http'
import { ApiError } from './errors.ts'
import type { ObjectRef } from '../object/object.ts'

/** The fields of metav1.Status that are read. */
interface Status {
  kind?: string
  code?: number
  reason?: string
  message?: string
  details?: { retryAfterSeconds?: number }
}

/** Reasons for errors without one (from proxies, or during a start), by status code. */
const REASONS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'ServerTimeout',
}

/** The complete body of an answer, as text. */
export async function textOf(message: IncomingMessage): Promise<string> {
  message.setEncoding('utf8')
  let text = ''
  for await (const chunk of message) text += chunk as string
  return text
}

/** The error for an answer with a status of 400 or more. */
export function refusal(message: IncomingMessage, text: string, ref: Partial<ObjectRef> | undefined): ApiError {
  const status = message.statusCode ?? 0
  const seconds = Number(message.headers['retry-after'])
  return refusalOf(parsed(text), status, ref, Number.isFinite(seconds) ? seconds * 1000 : undefined, text)
}

/** The error for a Status object: from an answer, or from an ERROR event of a watch. */
export function refusalOf(
  status: Status | undefined,
  code: number,
  ref: Partial<ObjectRef> | undefined,
  waitMs?: number,
  text = '',
): ApiError {
  if (status?.kind !== 'Status') return unnamed(code, text.slice(0, 200).trim(), ref, waitMs)
  const seconds = status.details?.retryAfterSeconds
  const retryAfterMs = waitMs ?? (seconds === undefined ? undefined : seconds * 1000)
  const number = status.code ?? code
  return new ApiError({
    status: number,
    reason: status.reason === undefined || status.reason === '' ? reasonFor(number) : status.reason,
    message: status.message ?? `HTTP ${number}`,
    ...(ref === undefined ? {} : { ref }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

const reasonFor = (code: number): string => REASONS[code] ?? `HTTP${code}`

function unnamed(code: number, text: string, ref: Partial<ObjectRef> | undefined, retryAfterMs?: number): ApiError {
  return new ApiError({
    status: code,
    reason: reasonFor(code),
    message: `HTTP ${code} ${text}`.trim(),
    ...(ref === undefined ? {} : { ref }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function parsed(text: string): Status | undefined {
  try {
    return JSON.parse(text) as Status
  } catch {
    return undefined
  }
}
