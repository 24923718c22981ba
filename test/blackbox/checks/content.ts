import { setTimeout as pause } from 'node:timers/promises'
import { Unexpected, check, differs, is, matches } from '../check.ts'
import type { Check } from '../check.ts'
import type { Target } from '../target.ts'

/** What arrives of a message that is accepted, with its name as the local part. */
async function arrives(target: Target, name: string, content: string | Buffer, parameters = ''): Promise<string> {
  is(await target.send(`${name}@remote.test`, content, parameters), 250)
  return (await target.arrived(`${name}@remote.test`)).content
}

const header = (content: string): string => content.slice(0, content.indexOf('\r\n\r\n') + 2)
const body = (content: string): string => content.slice(content.indexOf('\r\n\r\n') + 4)

function same(found: string, wanted: string): void {
  if (found !== wanted) throw new Unexpected(JSON.stringify(found.slice(0, 200)), JSON.stringify(wanted.slice(0, 200)))
}

/** An end that is not CRLF . CRLF must not end the content: what follows would be a message of somebody else's. */
const noEnd = (end: string): Check =>
  check(`${JSON.stringify(end)} does not end the content`, 'RFC 5321, 4.1.1.4', async (target) => {
    const smtp = await target.data('smuggle@remote.test')
    smtp.write(target.message(`\r\nbefore${end}NOOP\r\nXYZZY\r\n`))
    // Time for what would be taken for commands to be answered.
    await pause(300)
    smtp.write('\r\n.\r\n')
    const first = await smtp.reply()
    is(first, 2, 5)
    // The next reply is that to a command of ours, so the content had one.
    is(await smtp.command('VRFY'), 501, 502, 252, 550, 554)
  })

export const content: Check[] = [
  check('a message that is accepted arrives, once', 'RFC 5321, 4.2.5', async (target) => {
    await arrives(target, 'once', target.message('\r\nhello'))
    await pause(500)
    same(String(target.mailsTo('once@remote.test').length), '1')
  }),
  check('the body arrives as it was sent', 'RFC 6409, 8', async (target) => {
    const text = ' leading\r\ntrailing \r\n\r\n\ttab\r\n'
    same(body(await arrives(target, 'body', target.message(`\r\n${text.slice(0, -2)}`))), text)
  }),
  check('the dot that a client adds is taken away', 'RFC 5321, 4.5.2', async (target) => {
    same(body(await arrives(target, 'dots', target.message('\r\n..\r\n...a\r\n..b'))), '.\r\n..a\r\n.b\r\n')
  }),
  check('8-bit content arrives as it was sent', 'RFC 6152, 3', async (target) => {
    const mime = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n'
    const text = Buffer.from(target.message(`${mime}\r\nGrüße`))
    same(body(await arrives(target, 'eight', text, ' BODY=8BITMIME')), `${Buffer.from('Grüße').toString('latin1')}\r\n`)
  }),
  check('a line of 998 octets arrives whole', 'RFC 5321, 4.5.3.1.6', async (target) => {
    const line = 'l'.repeat(998)
    same(body(await arrives(target, 'line', target.message(`\r\n${line}`))), `${line}\r\n`)
  }),
  check('folded fields arrive as they were sent', 'RFC 5322, 2.2.3', async (target) => {
    matches(
      await arrives(target, 'folded', target.message('Subject: a\r\n\tb\r\n  c\r\n\r\nx')),
      /\r\nSubject: a\r\n\tb\r\n {2}c\r\n/,
    )
  }),
  check('a Received field is put on top', 'RFC 5321, 4.4', async (target) => {
    const fields = header(await arrives(target, 'received', target.message('\r\nx')))
    matches(fields.replace(/^DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*/gim, ''), /^Received: /)
  }),
  check('it says ESMTPSA', 'RFC 3848, 1', async (target) => {
    matches(header(await arrives(target, 'with', target.message('\r\nx'))), /\bwith (UTF8SMTPSA|ESMTPSA)\b/)
  }),
  check('it ends with a date and time', 'RFC 5321, 4.4', async (target) => {
    const [field = ''] =
      /^Received:.*(?:\r\n[ \t].*)*/im.exec(await arrives(target, 'dated', target.message('\r\nx'))) ?? []
    matches(field, /;\s+\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/)
  }),
  check('a missing Date is added', 'RFC 6409, 8.2', async (target) => {
    matches(header(await arrives(target, 'date', `From: ${target.service.username}\r\n\r\nx`)), /^Date: /im)
  }),
  check('a missing Message-ID is added', 'RFC 6409, 8.3', async (target) => {
    matches(
      header(await arrives(target, 'id', `From: ${target.service.username}\r\n\r\nx`)),
      /^Message-ID: <[^<>@\s]+@[^<>@\s]+>/im,
    )
  }),
  check('a Date and Message-ID that are there stay', 'RFC 6409, 8', async (target) => {
    const fields = header(await arrives(target, 'stay', target.message('\r\nx')))
    same(String(fields.match(/^Date:.*$/gim)), 'Date: Mon, 4 May 2026 12:00:00 +0000')
    same(String(fields.match(/^Message-ID:.*$/gim)), 'Message-ID: <1@sender.test>')
  }),
  check('blind recipients are not disclosed', 'RFC 5322, 3.6.3', async (target) => {
    differs(await arrives(target, 'blind', target.message('Bcc: hidden@remote.test\r\n\r\nx')), /hidden@/)
  }),
  check('a Return-Path of the client goes', 'RFC 5321, 4.4', async (target) => {
    differs(
      header(await arrives(target, 'path', target.message('Return-Path: <x@y.test>\r\n\r\nx'))),
      /^Return-Path:/im,
    )
  }),
  check('a message without a body is taken', 'RFC 5322, 3.5', async (target) => {
    await arrives(target, 'nobody', target.message('Subject: only'))
  }),
  check(
    'content without anything in it has an answer, and the session goes on',
    'RFC 5321, 4.1.1.4',
    async (target) => {
      const smtp = await target.data()
      smtp.write('.\r\n')
      is(await smtp.reply(), 2, 5)
      is(await smtp.command('NOOP'), 250)
    },
  ),
  check('a message over the announced size is refused', 'RFC 1870, 6.3', async (target) => {
    const smtp = await target.data('large@remote.test')
    smtp.write(target.message('\r\n'))
    for (let line = 0; line < 20_000; line++) smtp.write(`${'x'.repeat(98)}\r\n`)
    smtp.write('.\r\n')
    is(await smtp.reply(), 552)
    same(String(target.mailsTo('large@remote.test').length), '0')
  }),
  check('half a megabyte arrives', 'RFC 5321, 4.5.3.1.7', async (target) => {
    const text = `${'m'.repeat(98)}\r\n`.repeat(5000)
    same(body(await arrives(target, 'half', target.message(`\r\n${text.slice(0, -2)}`))), text)
  }),
  check('NUL in the content has an answer, and the session goes on', 'RFC 5321, 4.1.1.4', async (target) => {
    const smtp = await target.data()
    smtp.write(target.message('\r\na\0b\r\n.\r\n'))
    is(await smtp.reply(), 2, 5)
    is(await smtp.command('NOOP'), 250)
  }),
  check('two messages in one session', 'RFC 5321, 3.3', async (target) => {
    const smtp = await target.loggedIn()
    for (const name of ['first', 'second']) {
      is(await smtp.command(`MAIL FROM:<${target.service.username}>`), 250)
      is(await smtp.command(`RCPT TO:<${name}@remote.test>`), 250)
      is(await smtp.command('DATA'), 354)
      smtp.write(target.message('\r\nx\r\n.\r\n'))
      is(await smtp.reply(), 250)
    }
    await target.arrived('first@remote.test')
    await target.arrived('second@remote.test')
  }),
  check('a message by BDAT arrives as it was sent', 'RFC 3030, 2', async (target) => {
    await target.needs('CHUNKING')
    const smtp = await target.rcpt('bdat@remote.test')
    const text = target.message('\r\n.\r\n..\r\nx\r\n')
    smtp.write(`BDAT 10\r\n${text.slice(0, 10)}`)
    is(await smtp.reply(), 250)
    smtp.write(`BDAT ${text.length - 10} LAST\r\n${text.slice(10)}`)
    is(await smtp.reply(), 250)
    same(body((await target.arrived('bdat@remote.test')).content), '.\r\n..\r\nx\r\n')
  }),
  check('BDAT without a recipient is refused, and its octets are not commands', 'RFC 3030, 4.2', async (target) => {
    await target.needs('CHUNKING')
    const smtp = await target.loggedIn()
    smtp.write('BDAT 6 LAST\r\nNOOP\r\nNOOP\r\n')
    is(await smtp.reply(), 503, 554)
    is(await smtp.reply(), 250)
    matches(await smtp.command('QUIT'), /^221/)
  }),
  check('DATA after BDAT is answered 503', 'RFC 3030, 2', async (target) => {
    await target.needs('CHUNKING')
    const smtp = await target.rcpt('mix@remote.test')
    smtp.write('BDAT 3\r\nabc')
    is(await smtp.reply(), 250)
    is(await smtp.command('DATA'), 503)
  }),
  ...['\n.\n', '\r.\r', '\n.\r\n', '\r\n.\n', '\r.\r\n', '\r\n.\r'].map(noEnd),
]
