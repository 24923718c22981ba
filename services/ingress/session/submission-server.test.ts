import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import type { SMTPServerOptions } from 'smtp-server'
import { RefusalError } from '@postrider/smtp/refusal'
import { SubmissionServer } from './submission-server.ts'
import type { SubmissionRules } from './submission-server.ts'

const OPTIONS: SMTPServerOptions = {
  name: 'mail.sender.test',
  authOptional: true,
  disableReverseLookup: true,
  hideENHANCEDSTATUSCODES: false,
  logger: false,
}

const RULES: SubmissionRules = {
  offers: () => [],
  clientCertificate: 'None',
  onExternal: (_login, _session, answer) => answer(new Error('5.7.0 certificate login is not available')),
  admission: undefined,
  protection: () => undefined,
  connectionRejected: () => undefined,
}

/** Sends lines one by one. Resolves with the greeting and the reply to each. */
async function talk(options: SMTPServerOptions, lines: string[]): Promise<{ replies: string[] }> {
  const server = new SubmissionServer({ ...OPTIONS, ...options }, RULES)
  server.on('error', () => undefined)
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  try {
    const replies = [await reply(socket)]
    for (const line of lines) {
      socket.write(`${line}\r\n`)
      replies.push(await reply(socket))
    }
    return { replies }
  } finally {
    socket.destroy()
    await new Promise<void>((resolve) => server.close(resolve))
  }
}

async function reply(socket: Socket): Promise<string> {
  let text = ''
  while (!/^\d{3} .*\r\n$/m.test(text)) text += String((await once(socket, 'data'))[0])
  return text.trimEnd()
}

describe('what differs from the library', () => {
  test('the greeting does not wait for a timer', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { replies } = await talk({}, [])
    assert.match(replies[0] ?? '', /^220 /)
  })

  test('a client beyond the maximum is answered 421', async () => {
    const { replies } = await talk({ maxClients: -1 }, [])
    assert.match(replies[0] ?? '', /^421 4\.7\.0 mail\.sender\.test: too many connections/)
  })

  test('AUTH is not announced before TLS', async () => {
    const { replies } = await talk({ authOptional: false }, ['EHLO client.test'])
    assert.match(replies[1] ?? '', /STARTTLS/)
    assert.doesNotMatch(replies[1] ?? '', /AUTH/)
  })

  test('the status code of a refusal is sent once, and a reply without one gets the code of the library', async () => {
    const onMailFrom: SMTPServerOptions['onMailFrom'] = (_address, _session, callback) =>
      callback(new RefusalError(452, '4.7.1', 'limit reached', 'limit'))
    const { replies } = await talk({ onMailFrom }, ['EHLO client.test', 'MAIL FROM:<a@sender.test>', 'NOOP'])
    assert.equal(replies[2], '452 4.7.1 limit reached')
    assert.match(replies[3] ?? '', /^250 2\.0\.0 /)
  })
})
