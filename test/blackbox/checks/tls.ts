import { connect } from 'node:tls'
import type { SecureVersion } from 'node:tls'
import { check, differs, is, matches } from '../check.ts'
import type { Check } from '../check.ts'
import type { Service } from '../target.ts'

/** Whether a handshake of one version works on the port with TLS from the first octet. */
async function handshake({ host, submissions }: Service, version: SecureVersion): Promise<boolean> {
  const socket = connect({
    host,
    port: submissions,
    rejectUnauthorized: false,
    minVersion: version,
    maxVersion: version,
    // Else our own side would not offer the old ones.
    ciphers: 'ALL:@SECLEVEL=0',
  })
  const worked = await new Promise<boolean>((resolve) => {
    socket.once('secureConnect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
  socket.destroy()
  return worked
}

const speaks = (version: SecureVersion, wanted: boolean, rfc: string): Check =>
  check(`${version} is ${wanted ? 'spoken' : 'not spoken'}`, rfc, async ({ service }) => {
    matches(String(await handshake(service, version)), wanted ? /true/ : /false/)
  })

export const tls: Check[] = [
  check('on the port of implicit TLS the greeting comes inside TLS', 'RFC 8314, 3.3', async (target) => {
    matches((await target.secure()).greeting, /^220 /)
  }),
  check('STARTTLS is announced in clear', 'RFC 3207, 4', async (target) => {
    matches(await (await target.clear()).command('EHLO client.test'), /^250[- ]STARTTLS$/m)
  }),
  check('STARTTLS is not announced in TLS', 'RFC 3207, 4.2', async (target) => {
    differs(await (await target.secure()).command('EHLO client.test'), /STARTTLS/)
  }),
  check('STARTTLS leads to a session in TLS', 'RFC 3207, 4', async (target) => {
    const smtp = await target.clear()
    await smtp.command('EHLO client.test')
    is(await smtp.command('STARTTLS'), 220)
    await smtp.startTls()
    is(await smtp.command('EHLO client.test'), 250)
  }),
  check('STARTTLS with a parameter is refused', 'RFC 3207, 4', async (target) => {
    const smtp = await target.clear()
    await smtp.command('EHLO client.test')
    is(await smtp.command('STARTTLS now'), 501)
  }),
  check('STARTTLS in TLS is refused', 'RFC 3207, 4.2', async (target) => {
    is(await (await target.secure()).command('STARTTLS'), 5)
  }),
  check('commands sent in clear behind STARTTLS are not carried out in TLS', 'RFC 3207, 6', async (target) => {
    const smtp = await target.clear()
    await smtp.command('EHLO client.test')
    smtp.write('STARTTLS\r\nEHLO injected.test\r\nXYZZY\r\n')
    is(await smtp.reply(), 220)
    await smtp.startTls().catch(() => undefined)
    if (smtp.closed) return
    // Were they carried out, their replies would come first.
    const reply = await smtp.command('NOOP')
    if (reply !== 'closed') is(reply, 250)
  }),
  check('after a handshake that is none the next client is served', 'RFC 3207, 4', async (target) => {
    const smtp = await target.clear()
    await smtp.command('EHLO client.test')
    await smtp.command('STARTTLS')
    smtp.write('this is not a handshake\r\n\r\n')
    is(await (await target.secure()).command('NOOP'), 250)
  }),
  check('no mail is taken in clear', 'RFC 8314, 3.3', async (target) => {
    const smtp = await target.clear()
    await smtp.command('EHLO client.test')
    is(await smtp.command(`MAIL FROM:<${target.service.username}>`), 530, 538)
  }),
  speaks('TLSv1.3', true, 'RFC 9325, 3.1.1'),
  speaks('TLSv1.2', true, 'RFC 9325, 3.1.1'),
  speaks('TLSv1.1', false, 'RFC 8996, 5'),
]
