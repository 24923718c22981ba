import { setTimeout as pause } from 'node:timers/promises'
import { Unexpected, check, differs, is, matches } from '../check.ts'
import type { Check } from '../check.ts'
import type { Target } from '../target.ts'

/** Somebody else is served as ever. */
async function stillThere(target: Target): Promise<void> {
  is(await (await target.secure()).command('NOOP'), 250)
}

export const robustness: Check[] = [
  check('a command line of 100 KB has an answer, and others are served', 'RFC 5321, 4.5.3.1.9', async (target) => {
    const smtp = await target.secure()
    const reply = await smtp.command(`NOOP ${'x'.repeat(100_000)}`)
    if (reply !== 'closed') is(reply, 2, 4, 5)
    await stillThere(target)
  }),
  check('random octets end in refusals', 'RFC 5321, 4.2.4', async (target) => {
    const smtp = await target.clear()
    smtp.write(
      Buffer.concat([Buffer.from(Array.from({ length: 4000 }, (_, at) => (at * 7919) % 256)), Buffer.from('\r\n')]),
    )
    const reply = await smtp.reply()
    if (reply !== 'closed') is(reply, 4, 5)
    await stillThere(target)
  }),
  check('a command that comes octet by octet is taken', 'RFC 5321, 2.3.8', async (target) => {
    const smtp = await target.secure()
    for (const octet of 'NOOP\r\n'.split('')) {
      smtp.write(octet)
      await pause(5)
    }
    is(await smtp.reply(), 250)
  }),
  check('content whose final dot comes octet by octet ends there', 'RFC 5321, 4.1.1.4', async (target) => {
    const smtp = await target.data('slow@remote.test')
    smtp.write(target.message('\r\nx'))
    for (const octet of '\r\n.\r\n'.split('')) {
      smtp.write(octet)
      await pause(5)
    }
    is(await smtp.reply(), 250)
    matches((await target.arrived('slow@remote.test')).content, /\r\n\r\nx\r\n$/)
  }),
  check('a dot of the content at the end of a packet does not end it', 'RFC 5321, 4.5.2', async (target) => {
    const smtp = await target.data('split@remote.test')
    smtp.write(target.message('\r\nx\r\n.'))
    await pause(50)
    smtp.write('.y\r\n.\r\n')
    is(await smtp.reply(), 250)
    matches((await target.arrived('split@remote.test')).content, /\r\n\r\nx\r\n\.y\r\n$/)
  }),
  check('QUIT in the packet of the final dot is answered after the message', 'RFC 2920, 3.1', async (target) => {
    const smtp = await target.data('quit@remote.test')
    smtp.write(target.message('\r\nx\r\n.\r\nQUIT\r\n'))
    is(await smtp.reply(), 250)
    is(await smtp.reply(), 221)
    await target.arrived('quit@remote.test')
  }),
  check('a connection lost in the content leaves no message', 'RFC 5321, 4.1.1.10', async (target) => {
    const smtp = await target.data('lost@remote.test')
    smtp.write(target.message('\r\nhalf a mess'))
    await pause(100)
    smtp.close()
    await pause(500)
    if (target.mailsTo('lost@remote.test').length > 0) throw new Unexpected('a message', 'none')
  }),
  check('QUIT in the place of the content leaves no message', 'RFC 5321, 4.1.1.10', async (target) => {
    const smtp = await target.rcpt('left-off@remote.test')
    is(await smtp.command('QUIT'), 221)
    await pause(300)
    if (target.mailsTo('left-off@remote.test').length > 0) throw new Unexpected('a message', 'none')
  }),
  check('60 NOOPs in one packet are answered one by one', 'RFC 2920, 3.2', async (target) => {
    const smtp = await target.loggedIn()
    smtp.write('NOOP\r\n'.repeat(60))
    for (let command = 0; command < 60; command++) is(await smtp.reply(), 250)
  }),
  check('100 unknown commands never end in a 2xx', 'RFC 5321, 4.2.4', async (target) => {
    const smtp = await target.secure()
    for (let command = 0; command < 100; command++) {
      const reply = await smtp.command(`XY${command}`)
      if (reply === 'closed') break
      is(reply, 4, 5)
    }
    await stillThere(target)
  }),
  check('NUL in a command is not part of an address', 'RFC 5321, 4.1.2', async (target) => {
    const smtp = await target.mail()
    smtp.write('RCPT TO:<kim\0@remote.test>\r\n')
    is(await smtp.reply(), 5)
  }),
  check('an HTTP request leads to no mail', 'RFC 5321, 7', async (target) => {
    const smtp = await target.clear()
    smtp.write('POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<app@sender.test>\r\n')
    for (let line = 0; line < 4; line++) {
      const reply = await smtp.reply()
      if (reply === 'closed') break
      differs(reply, /^250 /)
    }
    await stillThere(target)
  }),
  check('sessions know nothing of one another', 'RFC 5321, 3.3', async (target) => {
    const [first, second] = await Promise.all([target.rcpt('a@remote.test'), target.loggedIn()])
    is(await second.command('RCPT TO:<b@remote.test>'), 503)
    is(await first.command('DATA'), 354)
  }),
  check('EHLO with a name of 400 octets has an answer', 'RFC 5321, 4.5.3.1.2', async (target) => {
    is(await (await target.clear()).command(`EHLO ${'a'.repeat(400)}`), 2, 5)
  }),
  check('clients that come and go leave no trace', 'RFC 5321, 3.1', async (target) => {
    for (let client = 0; client < 30; client++) (await target.clear()).close()
    await stillThere(target)
  }),
]
