import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JetStreamApiError } from '@nats-io/jetstream'
import { JetStreamStatusError, jserrors } from '@nats-io/jetstream/internal'
import { errors } from '@nats-io/transport-node'
import { isTemporary } from './temporary.ts'

const api = (code: number, err_code: number): Error => new JetStreamApiError({ code, err_code, description: 'x' })
const NO_RESPONDERS = new errors.RequestError('', { cause: new errors.NoRespondersError('$JS.API.INFO') })

test('a broker without a leader, away, or slow is temporary', () => {
  for (const error of [
    api(503, 10_008),
    api(500, 10_009),
    api(500, 10_118),
    api(429, 10_167),
    api(400, 10_163),
    new jserrors.JetStreamNotEnabled('jetstream is not enabled', { cause: NO_RESPONDERS }),
    new JetStreamStatusError('leadership change', 409),
    NO_RESPONDERS,
    new errors.TimeoutError(),
    new errors.ConnectionError('connection refused'),
    new errors.RequestError('connection disconnected'),
  ])
    assert.equal(isTemporary(error), true, String(error))
})

test('a request that the broker refuses because of its content, and a connection closed by this process, are not temporary', () => {
  for (const error of [
    api(400, 10_071),
    api(404, 10_059),
    api(404, 10_037),
    new JetStreamStatusError('bad request', 400),
    new errors.ClosedConnectionError(),
    new errors.InvalidArgumentError('max_payload size exceeded'),
    new errors.RequestError('', { cause: new errors.PermissionViolationError('x', 'publish', 'a') }),
    new Error('timeout'),
  ])
    assert.equal(isTemporary(error), false, String(error))
})
