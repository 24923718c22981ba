import { check, differs, is, matches } from '../check.ts'
import type { Check } from '../check.ts'

const announces = (keyword: string, rfc: string): Check =>
  check(`EHLO announces ${keyword}`, rfc, async (target) => {
    const smtp = await target.clear()
    const clear = await smtp.command('EHLO client.test')
    const secure = await (await target.secure()).command('EHLO client.test')
    matches(`${clear}\n${secure}`, new RegExp(`^250[- ]${keyword}\\b`, 'm'))
  })

export const basics: Check[] = [
  check('the greeting is 220 and names the host', 'RFC 5321, 4.2', async (target) => {
    matches((await target.clear()).greeting, /^220[ -][A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+( |$)/)
  }),
  check('EHLO is answered 250, the host name first', 'RFC 5321, 4.1.1.1', async (target) => {
    matches(await (await target.clear()).command('EHLO client.test'), /^250[ -][A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+( |\n|$)/)
  }),
  check('each line of a reply has the code, all but the last a hyphen', 'RFC 5321, 4.2.1', async (target) => {
    const lines = (await (await target.clear()).command('EHLO client.test')).split('\n')
    for (const [index, line] of lines.entries()) matches(line, index < lines.length - 1 ? /^250-/ : /^250 /)
  }),
  check('HELO is answered 250 in one line', 'RFC 5321, 4.1.1.1', async (target) => {
    matches(await (await target.clear()).command('HELO client.test'), /^250 [^\n]*$/)
  }),
  check('EHLO without a name is refused', 'RFC 5321, 4.1.1.1', async (target) => {
    is(await (await target.clear()).command('EHLO'), 501)
  }),
  check('EHLO with an address literal is taken', 'RFC 5321, 4.1.4', async (target) => {
    is(await (await target.clear()).command('EHLO [192.0.2.1]'), 250)
  }),
  check('commands are taken in any case', 'RFC 5321, 2.4', async (target) => {
    const smtp = await target.clear()
    is(await smtp.command('eHlO client.test'), 250)
    is(await smtp.command('nOoP'), 250)
  }),
  check('NOOP is answered 250', 'RFC 5321, 4.1.1.9', async (target) => {
    is(await (await target.secure()).command('NOOP'), 250)
  }),
  check('NOOP may have an argument', 'RFC 5321, 4.1.1.9', async (target) => {
    is(await (await target.secure()).command('NOOP anything'), 250)
  }),
  check('NOOP and RSET are taken before EHLO', 'RFC 5321, 4.1.4', async (target) => {
    const smtp = await target.greeted()
    is(await smtp.command('NOOP'), 250)
    is(await smtp.command('RSET'), 250)
  }),
  check('white space at the end of a command is read past', 'RFC 5321, 4.1.1', async (target) => {
    is(await (await target.secure()).command('NOOP '), 250)
  }),
  check('RSET is answered 250 without a transaction', 'RFC 5321, 4.1.1.5', async (target) => {
    is(await (await target.secure()).command('RSET'), 250)
  }),
  check('QUIT is answered 221, then the connection ends', 'RFC 5321, 4.1.1.10', async (target) => {
    const smtp = await target.secure()
    is(await smtp.command('QUIT'), 221)
    matches(await smtp.reply(), /^closed$/)
  }),
  check('VRFY is known', 'RFC 5321, 4.5.1', async (target) => {
    const reply = await (await target.loggedIn()).command('VRFY kim@remote.test')
    is(reply, 2, 5)
    differs(reply, /^500/)
  }),
  check('HELP is answered, or said not to be there', 'RFC 5321, 4.1.1.8', async (target) => {
    is(await (await target.secure()).command('HELP'), 211, 214, 500, 502)
  }),
  check('an unknown command is answered 500 or 502', 'RFC 5321, 4.2.4', async (target) => {
    is(await (await target.secure()).command('XYZZY'), 500, 502)
  }),
  check('after an unknown command the session goes on', 'RFC 5321, 4.1.4', async (target) => {
    const smtp = await target.secure()
    await smtp.command('XYZZY')
    is(await smtp.command('NOOP'), 250)
  }),
  check('a command line of 512 octets is taken', 'RFC 5321, 4.5.3.1.4', async (target) => {
    is(await (await target.secure()).command(`NOOP ${'x'.repeat(505)}`), 250)
  }),
  check('replies carry enhanced status codes', 'RFC 2034, 4', async (target) => {
    await target.needs('ENHANCEDSTATUSCODES')
    const smtp = await target.loggedIn()
    matches(await smtp.command(`MAIL FROM:<${target.service.username}>`), /^250 2\.\d+\.\d+ /)
    matches(await smtp.command('RCPT TO:<>'), /^5\d\d 5\.\d+\.\d+ /)
  }),
  check('the replies to EHLO and the greeting carry none', 'RFC 2034, 4', async (target) => {
    const smtp = await target.clear()
    differs(smtp.greeting, /^220 \d\.\d\.\d /)
    differs(await smtp.command('EHLO client.test'), /^250[- ]\d\.\d\.\d /m)
  }),
  announces('PIPELINING', 'RFC 6409, 7'),
  announces('ENHANCEDSTATUSCODES', 'RFC 6409, 7'),
  announces('8BITMIME', 'RFC 6409, 7'),
  announces('SIZE', 'RFC 1870, 3'),
  announces('DSN', 'RFC 6409, 7'),
  announces('SMTPUTF8', 'RFC 6531, 3.1'),
]
