import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SmtpConnection } from '../transaction/connection.ts'
import { ConnectionBrokenError } from '../transaction/outcome.ts'
import { RequireTlsUnmetError, withRequireTls } from './require-tls.ts'

const REMOTE = { host: 'mx.test', address: '192.0.2.1', tls: 'TLSv1.3', dsn: false }

function connection(requireTls: boolean, said: string[]): SmtpConnection {
  const dialogue = { end: (text: string) => said.push(text) }
  return { capabilities: { requireTls }, remote: REMOTE, dialogue } as unknown as SmtpConnection
}

test('a host that offers REQUIRETLS may have the message', async () => {
  const offers = connection(true, [])
  assert.equal(await withRequireTls(Promise.resolve(offers), 'mx.test'), offers)
})

test('a host that does not is taken leave of, and refused with the status of RFC 8689', async () => {
  const said: string[] = []
  await assert.rejects(withRequireTls(Promise.resolve(connection(false, said)), 'mx.test'), (error) => {
    assert.ok(error instanceof RequireTlsUnmetError)
    assert.match(error.reply.text, /^550 5\.7\.30 .*mx\.test/)
    assert.equal(error.remote, REMOTE)
    return true
  })
  assert.deepEqual(said, ['QUIT\r\n'])
})

test('a host without STARTTLS lacks it for good, and a handshake that fails may succeed later', async () => {
  const without = new ConnectionBrokenError('NO_STARTTLS', 'starttls', 'no STARTTLS')
  await assert.rejects(withRequireTls(Promise.reject(without), 'mx.test'), (error) => {
    assert.ok(error instanceof RequireTlsUnmetError)
    assert.match(error.reply.text, /^550 5\.7\.10 /)
    return true
  })
  const handshake = new ConnectionBrokenError('TLS', 'starttls', 'the certificate has expired')
  await assert.rejects(withRequireTls(Promise.reject(handshake), 'mx.test'), handshake)
})
