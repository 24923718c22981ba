import { check, differs, is, matches } from '../check.ts'
import type { Check } from '../check.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

export const auth: Check[] = [
  check('AUTH is announced in TLS, PLAIN among it', 'RFC 4954, 4', async (target) => {
    matches(await (await target.secure()).command('EHLO client.test'), /^250[- ]AUTH (.* )?PLAIN\b/m)
  }),
  check('passwords in clear are not asked for without TLS', 'RFC 4954, 4', async (target) => {
    differs(await (await target.clear()).command('EHLO client.test'), /^250[- ]AUTH\b.*(PLAIN|LOGIN)/m)
  }),
  check('AUTH PLAIN without TLS is refused', 'RFC 4954, 4', async (target) => {
    const smtp = await target.clear()
    await smtp.command('EHLO client.test')
    is(await smtp.command(`AUTH PLAIN ${target.login}`), 5)
  }),
  check('AUTH PLAIN with an initial response is answered 235', 'RFC 4616, 2', async (target) => {
    is(await (await target.secure()).command(`AUTH PLAIN ${target.login}`), 235)
  }),
  check('AUTH PLAIN without one is asked for it by 334', 'RFC 4954, 4', async (target) => {
    const smtp = await target.secure()
    is(await smtp.command('AUTH PLAIN'), 334)
    is(await smtp.command(target.login), 235)
  }),
  check('AUTH PLAIN takes the mechanism in any case', 'RFC 4954, 4', async (target) => {
    is(await (await target.secure()).command(`auth plain ${target.login}`), 235)
  }),
  check('AUTH PLAIN takes an authorization identity that is the login', 'RFC 4616, 2', async (target) => {
    const { username, password } = target.service
    is(await (await target.secure()).command(`AUTH PLAIN ${base64(`${username}\0${username}\0${password}`)}`), 235)
  }),
  check('AUTH LOGIN asks twice', 'draft-murchison-sasl-login, 2', async (target) => {
    const smtp = await target.secure()
    is(await smtp.command('AUTH LOGIN'), 334)
    is(await smtp.command(base64(target.service.username)), 334)
    is(await smtp.command(base64(target.service.password)), 235)
  }),
  check('a wrong password is answered 535', 'RFC 4954, 6', async (target) => {
    const login = base64(`\0${target.service.username}\0wrong`)
    is(await (await target.secure()).command(`AUTH PLAIN ${login}`), 535)
  }),
  check('an unknown user is answered like a wrong password', 'RFC 4954, 9', async (target) => {
    const [known, unknown] = await Promise.all(
      [target.service.username, 'nobody@sender.test'].map(async (user) =>
        (await target.secure()).command(`AUTH PLAIN ${base64(`\0${user}\0wrong`)}`),
      ),
    )
    matches(unknown ?? '', /^535 /)
    if (known !== unknown) matches(unknown ?? '', new RegExp(`^${(known ?? '').slice(0, 10)}`))
  }),
  check('after a wrong password the right one is taken', 'RFC 4954, 4', async (target) => {
    const smtp = await target.secure()
    await smtp.command(`AUTH PLAIN ${base64(`\0${target.service.username}\0wrong`)}`)
    is(await smtp.command(`AUTH PLAIN ${target.login}`), 235)
  }),
  check('an exchange that the client cancels is answered 501', 'RFC 4954, 4', async (target) => {
    const smtp = await target.secure()
    is(await smtp.command('AUTH PLAIN'), 334)
    is(await smtp.command('*'), 501)
    is(await smtp.command('NOOP'), 250)
  }),
  check('invalid base64 is refused', 'RFC 4954, 4', async (target) => {
    is(await (await target.secure()).command('AUTH PLAIN !!!!'), 501, 535)
  }),
  check('an unknown mechanism is answered 504', 'RFC 4954, 4', async (target) => {
    is(await (await target.secure()).command('AUTH XYZZY'), 504)
  }),
  check('AUTH without a mechanism is refused', 'RFC 4954, 4', async (target) => {
    is(await (await target.secure()).command('AUTH'), 5)
  }),
  check('an empty password lets nobody in', 'RFC 4616, 2', async (target) => {
    is(await (await target.secure()).command(`AUTH PLAIN ${base64(`\0${target.service.username}\0`)}`), 501, 535)
  }),
  check('a second AUTH is answered 503', 'RFC 4954, 4', async (target) => {
    is(await (await target.loggedIn()).command(`AUTH PLAIN ${target.login}`), 503)
  }),
  check('AUTH in a transaction is answered 503', 'RFC 4954, 4', async (target) => {
    is(await (await target.mail()).command(`AUTH PLAIN ${target.login}`), 503)
  }),
  check('without AUTH no mail is taken', 'RFC 6409, 4.3', async (target) => {
    const smtp = await target.secure()
    const mail = await smtp.command(`MAIL FROM:<${target.service.username}>`)
    // A server may wait with its answer until RCPT.
    if (mail.startsWith('250')) is(await smtp.command('RCPT TO:<kim@remote.test>'), 5)
    else is(mail, 530)
  }),
  check('MAIL takes the parameter AUTH', 'RFC 4954, 5', async (target) => {
    is(await (await target.loggedIn()).command(`MAIL FROM:<${target.service.username}> AUTH=<>`), 250)
  }),
  check('the replies to AUTH carry 2.7.0 and 5.7.8', 'RFC 4954, 6', async (target) => {
    const smtp = await target.secure()
    matches(await smtp.command(`AUTH PLAIN ${base64(`\0${target.service.username}\0wrong`)}`), /^535 5\.7\.8 /)
    matches(await smtp.command(`AUTH PLAIN ${target.login}`), /^235 2\.7\.0 /)
  }),
]
