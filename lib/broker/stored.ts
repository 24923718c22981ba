import type { z } from 'zod'

/** A stored record that no release can read: it goes to the quarantine. */
export class BadRecordError extends Error {
  override readonly name = 'BadRecordError'
}

/** A stored record of a later release, as during an upgrade or after a rollback. It is left where it is, and read again later. */
export class NewerRecordError extends Error {
  override readonly name = 'NewerRecordError'
  constructor(what: string, version: unknown) {
    super(`${what} has version ${String(version)}, which a later release wrote`)
  }
}

/** A value without a version is of version 1, and so is everything that this release writes, but for the records of messages with
 * large envelopes (see record.ts). A later release raises the version of what an earlier one would misunderstand; fields
 * that it may ignore need no new version. */
const NEWEST = 1

/** Reads a stored value: JSON of a known version and of the right shape. Fields that are not known pass. Throws BadRecordError and
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

/** The shape of a stored value as its type. What is read from the broker is checked for what the code relies on: the platform's own
 * accounts write it, but a release with a fault, a later release or a person with a NATS client may have done so too. The types say more
 * than the shapes check, such as which words a category may be; fields that earlier releases did not write are optional. */
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

/** A version that is not a number is none: the value is malformed, and no later release wrote it. */
const isNewer = (version: unknown): boolean => typeof version === 'number' && version > NEWEST
