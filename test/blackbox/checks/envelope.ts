import { check, is } from '../check.ts'
import type { Check } from '../check.ts'

/** MAIL with a parameter. */
const mail = (parameter: string, codes: number[], rfc: string, needs?: string): Check =>
  check(`MAIL with ${parameter} is answered ${codes.join(' or ')}`, rfc, async (target) => {
    if (needs !== undefined) await target.needs(needs)
    is(await (await target.loggedIn()).command(`MAIL FROM:<${target.service.username}> ${parameter}`), ...codes)
  })

/** RCPT with an address or a parameter. */
const rcpt = (name: string, path: string, codes: number[], rfc: string): Check =>
  check(name, rfc, async (target) => is(await (await target.mail()).command(`RCPT TO:${path}`), ...codes))

export const envelope: Check[] = [
  check('the null reverse-path is taken', 'RFC 5321, 4.5.5', async (target) => {
    const smtp = await target.loggedIn()
    is(await smtp.command('MAIL FROM:<>'), 250)
    is(await smtp.command('RCPT TO:<kim@remote.test>'), 250)
  }),
  check('MAIL and RCPT are taken in any case', 'RFC 5321, 2.4', async (target) => {
    const smtp = await target.loggedIn()
    is(await smtp.command(`mail from:<${target.service.username}>`), 250)
    is(await smtp.command('rcpt to:<kim@REMOTE.test>'), 250)
  }),
  check('MAIL in a transaction is answered 503', 'RFC 5321, 4.1.4', async (target) => {
    is(await (await target.mail()).command(`MAIL FROM:<${target.service.username}>`), 503)
  }),
  check('RCPT without MAIL is answered 503', 'RFC 5321, 4.1.4', async (target) => {
    is(await (await target.loggedIn()).command('RCPT TO:<kim@remote.test>'), 503)
  }),
  check('DATA without RCPT is answered 503 or 554', 'RFC 5321, 3.3', async (target) => {
    is(await (await target.mail()).command('DATA'), 503, 554)
  }),
  check('DATA without MAIL is answered 503', 'RFC 5321, 3.3', async (target) => {
    is(await (await target.loggedIn()).command('DATA'), 503)
  }),
  check('RSET forgets the transaction', 'RFC 5321, 4.1.1.5', async (target) => {
    const smtp = await target.rcpt()
    is(await smtp.command('RSET'), 250)
    is(await smtp.command('RCPT TO:<kim@remote.test>'), 503)
  }),
  check('EHLO forgets the transaction', 'RFC 5321, 4.1.4', async (target) => {
    const smtp = await target.rcpt()
    is(await smtp.command('EHLO client.test'), 250)
    is(await smtp.command('DATA'), 503, 554)
  }),
  check('MAIL without an address is answered 501', 'RFC 5321, 4.1.1.2', async (target) => {
    is(await (await target.loggedIn()).command('MAIL FROM:'), 501)
  }),
  check('a bracket that is not closed is refused', 'RFC 5321, 4.1.2', async (target) => {
    is(await (await target.loggedIn()).command('MAIL FROM:<app@sender.test'), 5)
  }),
  mail('XYZZY=1', [555], 'RFC 5321, 4.1.1.11'),
  mail('SIZE=1000', [250], 'RFC 1870, 6.1'),
  mail('SIZE=99999999999', [552], 'RFC 1870, 6.1', 'SIZE'),
  mail('SIZE=many', [501, 555], 'RFC 1870, 4'),
  mail('BODY=7BIT', [250], 'RFC 6152, 3'),
  mail('BODY=8BITMIME', [250], 'RFC 6152, 3'),
  mail('BODY=XYZZY', [501, 504, 555], 'RFC 5321, 4.1.1.11'),
  mail('RET=HDRS ENVID=QQ314159', [250], 'RFC 3461, 4.3'),
  mail('RET=SOME', [501], 'RFC 3461, 4.3'),
  mail('RET=FULL RET=HDRS', [501], 'RFC 3461, 4.3'),
  mail('ENVID=+zz', [501], 'RFC 3461, 4.4'),
  mail('SMTPUTF8', [250], 'RFC 6531, 3.4', 'SMTPUTF8'),
  mail('SMTPUTF8=1', [501, 555], 'RFC 6531, 3.4', 'SMTPUTF8'),
  mail('REQUIRETLS', [250], 'RFC 8689, 2', 'REQUIRETLS'),
  mail('HOLDFOR=3600', [250], 'RFC 4865, 4', 'FUTURERELEASE'),
  mail('HOLDFOR=soon', [501], 'RFC 4865, 4', 'FUTURERELEASE'),
  mail('HOLDFOR=999999999', [501], 'RFC 4865, 4', 'FUTURERELEASE'),
  mail('HOLDFOR=60 HOLDUNTIL=2099-01-01T00:00:00Z', [501], 'RFC 4865, 4', 'FUTURERELEASE'),
  rcpt(
    'RCPT with NOTIFY=SUCCESS,FAILURE,DELAY is taken',
    '<kim@remote.test> NOTIFY=SUCCESS,FAILURE,DELAY',
    [250],
    'RFC 3461, 4.1',
  ),
  rcpt('NOTIFY=NEVER with another word is refused', '<kim@remote.test> NOTIFY=NEVER,SUCCESS', [501], 'RFC 3461, 4.1'),
  rcpt('an unknown word in NOTIFY is refused', '<kim@remote.test> NOTIFY=SOMETIMES', [501], 'RFC 3461, 4.1'),
  rcpt('ORCPT is taken', '<kim@remote.test> ORCPT=rfc822;kim+2Bx@remote.test', [250], 'RFC 3461, 4.2'),
  rcpt('ORCPT without an address type is refused', '<kim@remote.test> ORCPT=kim', [501], 'RFC 3461, 4.2'),
  rcpt('RCPT with an unknown parameter is answered 555', '<kim@remote.test> XYZZY=1', [555], 'RFC 5321, 4.1.1.11'),
  rcpt('RCPT without an address is refused', '<>', [5], 'RFC 5321, 4.1.1.3'),
  rcpt('a recipient with a space outside quotes is refused', '<a b@remote.test>', [5], 'RFC 5321, 4.1.2'),
  rcpt('a recipient with a control character is refused', '<a\u0007b@remote.test>', [5], 'RFC 5321, 4.1.2'),
  rcpt('a domain with an empty label is refused', '<kim@remote..test>', [5], 'RFC 5321, 4.1.2'),
  rcpt('a quoted local part is taken', '<"kim lee"@remote.test>', [250], 'RFC 5321, 4.1.2'),
  rcpt('a quoted local part with an @ is taken', '<"kim@home"@remote.test>', [250], 'RFC 5321, 4.1.2'),
  rcpt('a source route is read past', '<@relay.test:kim@remote.test>', [250], 'RFC 5321, C'),
  rcpt('a local part of 64 octets is taken', `<${'k'.repeat(64)}@remote.test>`, [250], 'RFC 5321, 4.5.3.1.1'),
  rcpt('all characters of an atom are taken', "<!#$%&'*+-/=?^_`{|}~@remote.test>", [250], 'RFC 5321, 4.1.2'),
  rcpt('postmaster without a domain is taken', '<Postmaster>', [250], 'RFC 5321, 4.5.1'),
  check('100 recipients are taken', 'RFC 5321, 4.5.3.1.8', async (target) => {
    const smtp = await target.mail()
    for (let to = 0; to < 100; to++) is(await smtp.command(`RCPT TO:<k${to}@remote.test>`), 250)
  }),
  check('a UTF-8 address is taken with SMTPUTF8', 'RFC 6531, 3.3', async (target) => {
    await target.needs('SMTPUTF8')
    const smtp = await target.mail(' SMTPUTF8')
    smtp.write(Buffer.from('RCPT TO:<grüße@remote.test>\r\n'))
    is(await smtp.reply(), 250)
  }),
  check('a UTF-8 address is refused without SMTPUTF8', 'RFC 6531, 3.5', async (target) => {
    const smtp = await target.mail()
    smtp.write(Buffer.from('RCPT TO:<grüße@remote.test>\r\n'))
    is(await smtp.reply(), 550, 553)
  }),
  check('a group of MAIL, RCPT and DATA is answered in order', 'RFC 2920, 3.2', async (target) => {
    const smtp = await target.loggedIn()
    smtp.write(`MAIL FROM:<${target.service.username}>\r\nRCPT TO:<p1@remote.test>\r\nRCPT TO:<>\r\nDATA\r\n`)
    is(await smtp.reply(), 250)
    is(await smtp.reply(), 250)
    is(await smtp.reply(), 5)
    is(await smtp.reply(), 354)
  }),
  check('a refused recipient leaves the others', 'RFC 5321, 3.3', async (target) => {
    const smtp = await target.rcpt('left@remote.test')
    is(await smtp.command('RCPT TO:<>'), 5)
    is(await smtp.command('DATA'), 354)
    smtp.write(`${target.message('\r\nx')}\r\n.\r\n`)
    is(await smtp.reply(), 250)
    await target.arrived('left@remote.test')
  }),
]
