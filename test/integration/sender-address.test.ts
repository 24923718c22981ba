import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { credential, manifest } from '../support/manifest.ts'

const BOSS = 'boss@gmail.test'
const boss = (more: Record<string, unknown> = {}) =>
  manifest('SenderAddress', 'boss', { address: BOSS, domainRef: { name: 'sender' }, ...more })

describe('a SenderAddress in a folder', () => {
  let remote: Receiver
  let platform: TestPlatform

  before(async () => {
    remote = await startReceiver()
    platform = await startPlatform({
      routeTo: remote,
      documents: [credential('other')],
    })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await remote.close()
  })

  /** 250, or the code of the refusal, by MAIL FROM and From of the address. */
  async function sendAs(address: string, login = 'app'): Promise<number> {
    const transport = platform.transport(login)
    try {
      await transport.sendMail({ from: address, to: 'kim@remote.test', subject: 'x', text: 'x' })
      return 250
    } catch (error) {
      return (error as { responseCode?: number }).responseCode ?? 0
    }
  }
  const codeMails = (to: string) => remote.mails.filter((mail) => mail.to.includes(to) && mail.from === '')
  const codeIn = (content: string): string => /^ {4}([2-9a-z]{5}-[2-9a-z]{5})\r$/m.exec(content)?.[1] ?? ''
  /** Waits for the nth mail with a code, and gives the code back to whoever wants it. */
  const nthCode = (count: number, to = BOSS): Promise<string> =>
    eventually(() => {
      const mails = codeMails(to)
      assert.equal(mails.length, count, platform.output())
      return codeIn(mails.at(-1)?.content ?? '')
    }, 30_000)
  const says = (pattern: RegExp): Promise<void> =>
    eventually(() => {
      assert.match(platform.output(), pattern)
    }, 30_000)
  const becomes = (wanted: number, address = BOSS, login = 'app'): Promise<void> =>
    eventually(async () => assert.equal(await sendAs(address, login), wanted), 30_000)

  let first = ''

  test('the one who reads the mailbox is asked, in words that say who asks and for what', async () => {
    assert.equal(await sendAs(BOSS), 553)
    platform.write('senders.yaml', [boss()])
    first = await nthCode(1)
    const [mail] = codeMails(BOSS)
    assert.match(mail?.content ?? '', /^From: .*MAILER-DAEMON@mail\.sender\.test/m)
    assert.match(mail?.content ?? '', /^Auto-Submitted: auto-generated\r$/m)
    assert.match(mail?.content ?? '', /^ {4}sender\.test\r$/m)
    assert.match(mail?.content ?? '', /^ {4}boss@gmail\.test\r$/m)
    await says(/SenderAddress default\/boss: a code was sent to boss@gmail\.test; enter it in spec\.code/)
    assert.equal(await sendAs(BOSS), 553)
  })

  test('five wrong codes lock it: the right one is too late, and another one must be asked for', async () => {
    for (const left of [4, 3, 2, 1]) {
      platform.write('senders.yaml', [boss({ code: `wrong-${left}` })])
      await says(new RegExp(`not the code most recently sent to boss@gmail\\.test; ${left} more`))
    }
    platform.write('senders.yaml', [boss({ code: 'wrong-0' })])
    await says(/5 wrong codes were entered/)
    platform.write('senders.yaml', [boss({ code: first, resend: 'once' })])
    const second = await nthCode(2)
    assert.notEqual(second, first)
    await says(/not the code most recently sent .* 4 more tries/)
    assert.equal(await sendAs(BOSS), 553)
  })

  test('a restart forgets nothing and mails nothing', async () => {
    await platform.restart()
    await says(/SenderAddress default\/boss: spec\.code is not the code/)
    assert.equal(codeMails(BOSS).length, 2)
  })

  test('with the right code all credentials of the Domain may send as it, and still as nobody else', async () => {
    const code = codeIn(codeMails(BOSS).at(-1)?.content ?? '')
    platform.write('senders.yaml', [boss({ code: code.toUpperCase().replace('-', ''), resend: 'once' })])
    await says(/sender\.test may send as boss@gmail\.test/)
    await becomes(250)
    assert.equal(await sendAs(BOSS, 'other'), 250)
    assert.equal(await sendAs('Boss@Gmail.test'), 250)
    assert.equal(await sendAs('chief@gmail.test'), 553)
    await eventually(() => {
      const taken = remote.mails.find(({ from }) => from.toLowerCase() === BOSS)
      assert.match(taken?.content ?? '', /^From: boss@gmail\.test\r$/im)
    }, 30_000)
    await platform.restart()
    assert.equal(await sendAs(BOSS), 250)
  })

  test('credentialRefs narrow it to some credentials', async () => {
    platform.write('senders.yaml', [boss({ credentialRefs: [{ name: 'other' }] })])
    await becomes(553)
    assert.equal(await sendAs(BOSS, 'other'), 250)
    platform.write('senders.yaml', [boss()])
    await becomes(250)
  })

  test('without its manifest the right is gone, and one that comes back is verified again', async () => {
    platform.write('senders.yaml', [boss({ address: 'chief@gmail.test' })])
    await becomes(553)
    platform.write('senders.yaml', [manifest('SMTPLimit', 'few', {})])
    await eventually(() => {
      assert.equal(codeMails('chief@gmail.test').length, 1)
    }, 30_000)
    platform.write('senders.yaml', [boss()])
    await nthCode(3)
    assert.equal(await sendAs(BOSS), 553)
  })

  test('a mailbox gets three codes a day, by whatever spelling and for whomever', async () => {
    platform.write('senders.yaml', [boss({ resend: 'please' })])
    await says(/too many codes were requested recently; the next one will be sent to boss@gmail\.test at \d{4}-/)
    platform.write('senders.yaml', [boss({ address: 'Boss+News@gmail.test' })])
    await says(/the next one will be sent to Boss\+News@gmail\.test at \d{4}-/)
    await platform.restart()
    await says(/the next one will be sent to Boss\+News@gmail\.test at \d{4}-/)
    assert.equal(codeMails(BOSS).length, 3)
    assert.equal(codeMails('Boss+News@gmail.test').length, 0)
  })

  test('an address that would be a pattern, or several, or a header, is refused', async () => {
    for (const address of [
      '*@gmail.test',
      'a,b@gmail.test',
      'a@b@gmail.test',
      'a@gmail',
      'boss@gmail.test\nBcc: x@y.test',
      '',
    ])
      assert.match(await problem(address), /spec\.address.* must be one address in ASCII/)
  })

  async function problem(address: string): Promise<string> {
    const before = platform.output().length
    platform.write('senders.yaml', [boss({ address })])
    return eventually(() => {
      const said = platform.output().slice(before)
      // Line by line: the first says that something is wrong, the others what.
      assert.match(said, /the last valid configuration stays in force[^]*spec\.address.*\n/)
      return said
    }, 30_000)
  }
})
