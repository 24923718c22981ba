import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { find, needs } from '../../../test/support/needs.ts'
import { freePort } from '../../../test/support/ports.ts'
import { connect } from './connection.ts'
import type { SmtpConnection } from './connection.ts'
import { envelopeTo } from '../../../test/support/envelope.ts'
import { TIMEOUTS } from '../../../test/support/receiver/client.ts'
import { transact } from './transaction.ts'
import { eventually } from '../../../test/support/eventually.ts'

const CONTENT = Buffer.from(`Subject: a\r\n\r\n${'.line\r\n'.repeat(1000)}`)
const TO = ['kim@remote.test', 'lee@remote.test']

describe("Postfix's smtp-sink", { skip: needs('smtp-sink', 'postfix') }, () => {
  const cases: [name: string, args: string[], result: RegExp, reusable: boolean][] = [
    ['accepts all', [], /^delivered final 250 /, true],
    ['accepts all in lock step', ['-p'], /^delivered final 250 /, true],
    ['accepts all after HELO', ['-e'], /^delivered final 250 /, true],
    ['refuses MAIL', ['-f', 'MAIL'], /^refused mail 5/, true],
    ['defers RCPT', ['-r', 'RCPT'], /^refused rcpt 4/, true],
    ['defers RCPT in lock step', ['-p', '-r', 'RCPT'], /^refused rcpt 4/, true],
    ['refuses DATA', ['-f', 'DATA'], /^refused data 5/, true],
    ['refuses the message', ['-f', '.'], /^refused final 5/, true],
    ['closes the connection at RCPT', ['-q', 'RCPT'], /^failed rcpt /, false],
    ['closes the connection at DATA', ['-q', 'DATA'], /^failed data /, false],
    ['closes the connection after the final dot', ['-q', '.'], /^failed final /, false],
    ['answers MAIL with 421', ['-Q', 'MAIL'], /^refused mail 421 /, false],
    ['answers the message with 421', ['-Q', '.'], /^refused final 421 /, false],
  ]
  for (const [name, args, result, reusable] of cases) {
    test(name, async () => {
      const port = await freePort()
      const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
      const sink = spawn(find('smtp-sink') ?? '', [...user, ...args, `127.0.0.1:${port}`, '100'], { stdio: 'ignore' })
      let connection: SmtpConnection | undefined
      try {
        connection = await reach(port)
        // Two transactions, if the connection can be reused.
        for (let count = 0; count < (reusable ? 2 : 1); count++) {
          const sent = await transact(
            connection,
            { envelope: envelopeTo(TO), content: () => CONTENT },
            { timeouts: TIMEOUTS },
          )
          for (const { result: is, stage, reply, errorCode } of sent.outcome.recipients)
            assert.match(`${is} ${stage} ${errorCode ?? reply}`, result)
          assert.equal(sent.reusable, reusable)
        }
      } finally {
        connection?.dialogue.destroy()
        sink.kill()
        if (sink.exitCode === null) await once(sink, 'exit')
      }
    })
  }
})

/** Connects as soon as the sink listens. */
function reach(port: number): Promise<SmtpConnection> {
  const options = { host: 'sink.test', address: '127.0.0.1', port, ehloName: 'mail.test', timeouts: TIMEOUTS }
  return eventually(() => connect({ ...options, tls: 'opportunistic' }), 20_000)
}
