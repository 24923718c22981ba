import { z } from 'zod'
import { domainName, port } from './fields.ts'

const server = (implicit: number, starttls: number) =>
  z
    .strictObject({
      host: domainName().describe('Fully qualified name of the server, as in its certificate.'),
      security: z
        .enum(['ImplicitTLS', 'STARTTLS'])
        .default('ImplicitTLS')
        .describe('ImplicitTLS: TLS from the first octet (RFC 8314).'),
      port: port().optional().describe(`TCP port; ${implicit}, or ${starttls} with STARTTLS, if not given.`),
    })
    .optional()

/** Servers for reading a domain's mail. Postrider has no mailboxes, but mail clients set up sending and reading together. */
export const Incoming = z.strictObject({
  imap: server(993, 143).describe('IMAP server of the mailboxes.'),
  pop3: server(995, 110).describe('POP3 server of the mailboxes.'),
  userName: z
    .enum(['Address', 'LocalPart'])
    .default('Address')
    .describe('User name for logging in there: the whole address, or the part before the @.'),
})
