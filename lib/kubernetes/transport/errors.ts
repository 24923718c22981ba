import type { ObjectRef } from '../object/object.ts'
import { describeRef } from '../object/object.ts'

export interface Refusal {
  /** HTTP status; 0 if there was no answer. */
  status: number
  /** The server's machine-readable reason (`NotFound`, `Conflict`, `AlreadyExists`, `Forbidden`, `Invalid`, `Expired`, ...),
   * `Unreachable` (no connection, or it broke), or `Timeout` (no answer in time). */
  reason: string
  message: string
  ref?: Partial<ObjectRef>
  /** The server asks to wait this long before the next try (429, 503). */
  retryAfterMs?: number
}

/** A request to the API server was refused or not answered. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly reason: string
  readonly ref: Partial<ObjectRef> | undefined
  readonly retryAfterMs: number | undefined
  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(`${subjectOf(refusal.ref)}${refusal.message}`, options)
    this.status = refusal.status
    this.reason = refusal.reason
    this.ref = refusal.ref
    this.retryAfterMs = refusal.retryAfterMs
  }
}

const subjectOf = (ref: Partial<ObjectRef> | undefined): string => {
  if (ref?.kind === undefined) return ''
  return `${describeRef({ kind: ref.kind, ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }), name: ref.name ?? '*' })}: `
}

const is =
  (...reasons: string[]) =>
  (error: unknown): error is ApiError =>
    error instanceof ApiError && reasons.includes(error.reason)

/** The object does not exist (or the whole kind, if its CRD is not installed). */
export const isNotFound = is('NotFound')
/** Another client wrote first, or owns a field that was applied without force. */
export const isConflict = is('Conflict')
/** An object to create already exists. */
export const isAlreadyExists = is('AlreadyExists')
export const isForbidden = is('Forbidden')
/** The server's validation failed; its message names the field. */
export const isInvalid = is('Invalid', 'BadRequest')
/** 410: the resource version or the continue token is too old; list again. */
export const isExpired = is('Expired', 'Gone')
/** No answer: it is unknown whether the request was carried out. */
export const isUnanswered = is('Unreachable', 'Timeout')
