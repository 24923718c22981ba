import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JetStreamApiError, JetStreamStatusError, jserrors } from '@nats-io/jetstream/internal'
import { errors } from '@nats-io/transport-node'
import { writeFailure } from './write-failure.ts'
import type { WriteFailure } from './write-failure.ts'

const api = (status: number, err_code: number): Error =>
  new JetStreamApiError({ code: status, err_code, description: 'described' })

const TABLE: [what: string, error: unknown, failure: WriteFailure][] = [
  ['over the size that the client may send', new errors.InvalidArgumentError('max_payload size exceeded'), 'refused'],
  ['a subject with blanks', new errors.InvalidSubjectError('a b'), 'refused'],
  ['over the maximum message size of the stream', api(400, 10_054), 'refused'],
  ['headers over 64 KB', api(400, 10_097), 'refused'],
  ['a schedule that cannot be read', api(400, 10_189), 'refused'],
  ['a time to live that cannot be read', api(400, 10_165), 'refused'],
  ['an invalid date', new RangeError('Invalid time value'), 'refused'],
  ['a value that cannot be encoded', new TypeError('cyclic'), 'refused'],
  ['another client was quicker', api(400, 10_071), 'conflict'],
  ['another client was quicker, without the sequence', api(400, 10_164), 'conflict'],
  ['a leader that has just been elected', api(503, 10_163), 'unavailable'],
  ['the account is full', api(400, 10_002), 'unavailable'],
  ['schedules are not enabled yet', api(400, 10_188), 'unavailable'],
  ['the stream is full', api(503, 10_077), 'unavailable'],
  ['the disk is full', api(500, 10_047), 'unavailable'],
  ['no leader', api(503, 10_008), 'unavailable'],
  ['the same id is in flight', api(409, 10_158), 'unavailable'],
  ['too many requests', api(429, 10_167), 'unavailable'],
  ['no stream listens on the subject', new jserrors.JetStreamNotEnabled('jetstream is not enabled'), 'unavailable'],
  ['a status', new JetStreamStatusError('leadership change', 409), 'unavailable'],
  ['no answer', new errors.TimeoutError(), 'unavailable'],
  ['no connection', new errors.ConnectionError('refused'), 'unavailable'],
  ['the connection was closed', new errors.ClosedConnectionError(), 'unavailable'],
  ['an account that may not write there yet', new errors.PermissionViolationError('x', 'publish', 'a'), 'unavailable'],
]

for (const [what, error, failure] of TABLE)
  test(`${what}: ${failure}`, () => assert.equal(writeFailure(error), failure))
