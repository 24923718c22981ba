import type { z } from 'zod'

/** A stored record is malformed. It goes to the quarantine. */
export class BadRecordError extends Error {
  override readonly name = 'BadRecordError'
}

/** A stored record was written by a later release, for example during an upgrade or before a rollback. It is left where it is, and read
 * again later. */
export class NewerRecordError extends Error {
  override readonly name = 'NewerRecordError'
  constructor(what: string, version: unknown) {
    super(`${what} has version ${String(version)}, which a later release wrote`)
  }
}

/** The newest version of stored values that this release reads. A value without a version has version 1, and this release writes no
 * other, except records of messages with large envelopes (see record.ts). A later release raises the version only for values that an
 * earlier one would misunderstand; fields that may be ignored need no new version. */
const NEWEST = 1

/** Parses a stored value: JSON of a known version and of the right shape. Unknown fields are kept. Throws BadRecordError and
 * NewerRecordError. */
export function readStored<T>(what: string, text: string, shape: z.ZodType<T>): T {
  return checkStored(what, parseJson(what, text), shape)
}

export function checkStored<T>(what: string, value: unknown, shape: z.ZodType<T>): T {
  const version = versionOf(value)
  if (version !== undefined && isNewer(version)) throw new NewerRecordError(what, version)
  const read = shape.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const where = issue?.path.join('.') ?? ''
  throw new BadRecordError(
    `${what} is malformed${where === '' ? '' : ` at ${where}`}: ${issue?.message ?? 'no reason'}`,
  )
}

/** Declares a schema as the shape of a stored type. It checks what the code relies on: usually the platform's own accounts wrote the
 * value, but a faulty release, a later release or a person with a NATS client may have written it. The type may be narrower than the
 * schema, for example in the words of a category; fields that earlier releases did not write are optional. */
export const shapeOf = <T>(shape: z.ZodType): z.ZodType<T> => shape as z.ZodType<T>

export function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BadRecordError(`${what} is not JSON`, { cause })
  }
}

const versionOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined

/** A version that is not a number does not mark a later release: the value is malformed. */
const isNewer = (version: unknown): boolean => typeof version === 'number' && version > NEWEST
