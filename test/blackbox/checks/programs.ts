import { setTimeout as pause } from 'node:timers/promises'
import { Unexpected, check, differs, is, matches } from '../check.ts'
import type { Check } from '../check.ts'
import type { Target } from '../target.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

async function arrives(target: Target, name: string, content: string | Buffer, parameters = ''): Promise<string> {
  is(await target.send(`${name}@remote.test`, content, parameters), 250)
  return (await target.arrived(`${name}@remote.test`)).content
}

const header = (content: string): string => content.slice(0, content.indexOf('\r\n\r\n') + 2)
const body = (content: string): string => content.slice(content.indexOf('\r\n\r\n') + 4)
/** Folded lines joined, without the white space at the folds. */
const unfolded = (content: string): string => header(content).replace(/\r\n[ \t]/g, '')

function lines(content: string): void {
  const long = content.split('\r\n').find((line) => line.length > 998)
  if (long !== undefined) throw new Unexpected(`a line of ${long.length} octets`, 'at most 998')
}

/** MAIL and RCPT with an address as it is given. */
async function accepted(target: Target, path: string): Promise<void> {
  is(await (await target.mail()).command(`RCPT TO:${path}`), 250)
}

async function login(target: Target, plain: string): Promise<string> {
  return (await target.secure()).command(`AUTH PLAIN ${base64(plain)}`)
}

/** A preamble before the header that programs write. */
const before = (name: string, what: string, preamble: string): Check =>
  check(`${what} before the header is not part of the message`, 'RFC 5322, 2.1', async (target) => {
    const content = await arrives(
      target,
      name,
      Buffer.from(`${preamble}${target.message('Subject: after it\r\n\r\ntext')}`),
    )
    matches(header(content), /\r\nSubject: after it\r\n/)
    matches(body(content), /^text\r\n$/)
  })

/** A From field that says nobody. */
const badFrom = (what: string, from: string): Check =>
  check(`From: ${what} is refused`, 'RFC 6409, 8.1', async (target) => {
    is(await target.send('from@remote.test', `From: ${from}\r\nTo: kim@remote.test\r\n\r\nx`), 5)
  })

/** A field that is too long for a line and has no white space. */
const folds = (name: string, field: string): Check =>
  check(`a long ${field.split(':')[0]} field without blanks is folded`, 'RFC 5322, 2.1.1', async (target) => {
    const content = await arrives(target, name, target.message(`${field}\r\nSubject: after it\r\n\r\nx`))
    lines(content)
    if (!unfolded(content).includes(field.replace(/: /, ':').replaceAll(' ', '')) && !unfolded(content).includes(field))
      throw new Unexpected(unfolded(content).slice(0, 200), field.slice(0, 100))
    matches(header(content), /\r\nSubject: after it\r\n/)
  })

export const programs: Check[] = [
  check('CR CR LF is one line end', 'RFC 5321, 2.3.8', async (target) => {
    const text = target.message('Subject: twice\r\nX-After: 1\r\n\r\none\r\n\r\ntwo').replaceAll('\r\n', '\r\r\n')
    const content = await arrives(target, 'crcrlf', text)
    matches(header(content), /\r\nSubject: twice\r\nX-After: 1\r\n/)
    matches(body(content), /^one\r\n\r\ntwo\r\n$/)
  }),
  check('a CR that stands alone in the header makes no field', 'RFC 5322, 2.2', async (target) => {
    const content = await arrives(target, 'lonecr', target.message('Subject: a\rX-Injected: b\r\n\r\nx'))
    differs(content, /^X-Injected/m)
  }),
  before('bom', 'a byte order mark', '\ufeff'),
  before('blank-first', 'a blank', ' '),
  before('empty-first', 'an empty line', '\r\n'),
  before('mbox', 'the first line of an mbox', 'From app@sender.test Mon May  4 12:00:00 2026\r\n'),
  check('two Bcc fields are both removed', 'RFC 5322, 3.6.3', async (target) => {
    const content = await arrives(
      target,
      'bcc2',
      target.message('Bcc: a@remote.test\r\nSubject: x\r\nBcc: b@remote.test\r\n\r\nx'),
    )
    differs(header(content), /^bcc:/im)
  }),
  check('a local part of 100 octets is taken in RCPT', 'RFC 5321, 4.5.3.1', async (target) => {
    await accepted(target, `<reply+${'a'.repeat(94)}@remote.test>`)
  }),
  check('a local part of 100 octets is taken in MAIL and From', 'RFC 5321, 4.5.3.1', async (target) => {
    const from = `bounce+${'a'.repeat(93)}@sender.test`
    const smtp = await target.loggedIn()
    is(await smtp.command(`MAIL FROM:<${from}>`), 250)
    is(await smtp.command('RCPT TO:<verp@remote.test>'), 250)
    is(await smtp.command('DATA'), 354)
    smtp.write(`From: <${from}>\r\nTo: verp@remote.test\r\n\r\nx\r\n.\r\n`)
    is(await smtp.reply(), 250)
  }),
  check('two dots in a row in a local part are passed on', 'RFC 5321, 4.1.2', async (target) => {
    is(await target.send('kim..lee@remote.test', target.message('\r\nx')), 250)
    const found = (): number =>
      target.mailsTo('kim..lee@remote.test').length + target.mailsTo('"kim..lee"@remote.test').length
    for (let tries = 0; found() === 0; tries++) {
      if (tries > 200) throw new Error('nothing arrived')
      await pause(50)
    }
  }),
  check('blanks inside the brackets are taken', 'RFC 5321, 4.1.2', (target) => accepted(target, '< kim@remote.test >')),
  check('a dot at the end of the domain is taken', 'RFC 1034, 3.1', (target) => accepted(target, '<kim@remote.test.>')),
  check('two addresses in one RCPT are refused', 'RFC 5321, 4.1.1.3', async (target) => {
    is(await (await target.mail()).command('RCPT TO:<kim@remote.test>,<lee@remote.test>'), 5)
    is(await (await target.mail()).command('RCPT TO:<kim@remote.test,lee@remote.test>'), 5)
  }),
  check('a domain in full-width letters is refused', 'RFC 5891, 5.4', async (target) => {
    const smtp = await target.loggedIn()
    smtp.write(Buffer.from('MAIL FROM:<app@ｓender.test> SMTPUTF8\r\n'))
    is(await smtp.reply(), 5)
  }),
  check('a reply has UTF-8 only for who asked for it', 'RFC 6531, 3.7.4.2', async (target) => {
    const smtp = await target.mail()
    smtp.write(Buffer.from('RCPT TO:<grüße@remote.test>\r\n'))
    differs(await smtp.reply(), /[^\u0000-\u007f]/)
  }),
  check('EHLO with a blank in the name is taken', 'RFC 5321, 4.1.1.1', async (target) => {
    is(await (await target.greeted()).command('EHLO my laptop'), 250)
  }),
  check('a login in capitals is the same login', 'RFC 6409, 4.3', async (target) => {
    const { username, password } = target.service
    is(await login(target, `\0${username.toUpperCase()}\0${password}`), 235)
  }),
  check('blanks around the user name make no difference', 'RFC 6409, 4.3', async (target) => {
    const { username, password } = target.service
    is(await login(target, `\0 ${username} \0${password}`), 235)
  }),
  check('an authorization identity of somebody else is refused', 'RFC 4616, 2', async (target) => {
    const { username, password } = target.service
    is(await login(target, `other@sender.test\0${username}\0${password}`), 5)
  }),
  check('an empty login is refused, whatever the authorization identity', 'RFC 4616, 2', async (target) => {
    const { username, password } = target.service
    is(await login(target, `${username}\0\0${password}`), 5)
  }),
  badFrom('a name with a comma and no quotes', 'App, Inc. <app@sender.test>'),
  badFrom('an unclosed quote', '"App <app@sender.test>'),
  badFrom('a user name alone', 'root'),
  badFrom('an address without a domain', 'app@'),
  badFrom('a domain in full-width letters', 'app@\uff33ender.test'),
  check('SMTPUTF8 with UTF-8 in the header alone arrives', 'RFC 6531, 3.4', async (target) => {
    const content = await arrives(target, 'go', Buffer.from(target.message('Subject: grüße\r\n\r\nx')), ' SMTPUTF8')
    matches(header(content), new RegExp(`\\r\\nSubject: ${utf8('grüße')}\\r\\n`))
  }),
  folds('long-to', `Cc: ${Array.from({ length: 120 }, (_, at) => `kim${at}@remote.test`).join(',')}`),
  folds('long-refs', `References: ${'<0123456789abcdef@mail.sender.test>'.repeat(60)}`),
  folds('long-params', `Content-Type: text/plain;${'name=value;'.repeat(150)}charset=utf-8`),
  check('what cannot be folded is refused', 'RFC 5322, 2.1.1', async (target) => {
    is(await target.send('unfoldable@remote.test', target.message(`Subject: ${'x'.repeat(1480)}\r\n\r\nx`)), 5)
  }),
  check('a long body line is cut between words', 'RFC 5321, 4.5.3.1.6', async (target) => {
    const words = 'word '.repeat(500).trim()
    const content = await arrives(target, 'long-words', target.message(`\r\n${words}`))
    lines(content)
    for (const line of body(content).trimEnd().split('\r\n')) matches(line, /^ ?(?:word ?)+$/)
  }),
  check('a long body line is not cut inside a character', 'RFC 5321, 4.5.3.1.6', async (target) => {
    const content = await arrives(
      target,
      'long-umlauts',
      Buffer.from(target.message(`\r\nx${'é'.repeat(900)}`)),
      ' BODY=8BITMIME',
    )
    lines(content)
    for (const line of body(content).split('\r\n')) differs(Buffer.from(line, 'latin1').toString(), /\ufffd/)
  }),
  check('a long line of quoted-printable is the same when decoded', 'RFC 2045, 6.7', async (target) => {
    const text = '=C3=A9a'.repeat(300)
    const field = 'MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n'
    const content = await arrives(target, 'long-qp', target.message(`${field}\r\n${text}`))
    lines(content)
    matches(body(content).replaceAll('=\r\n', ''), new RegExp(`^${text}\\r\\n$`))
  }),
  check('BDAT: a packet that ends in CR does not break the next command', 'RFC 3030, 2', async (target) => {
    await target.needs('CHUNKING')
    const content = target.message('\r\nx\r')
    const smtp = await target.rcpt('bdat-cr@remote.test')
    smtp.write(`BDAT ${content.length}\r\n${content}`)
    is(await smtp.reply(), 250)
    smtp.write('BDAT 1 LAST\r\n\n')
    is(await smtp.reply(), 250)
    is(await smtp.command('NOOP'), 250)
    matches(body((await target.arrived('bdat-cr@remote.test')).content), /^x\r\n$/)
  }),
]
