import { isIP } from 'node:net'
import { z } from 'zod'
import { DURATION, SIZE } from './quantity.ts'

/** Schemas of values that several resources share. All of them can be expressed in a structural CRD schema. */

/** A name in Kubernetes (RFC 1123 label). */
export const resourceName = () =>
  z
    .string()
    .max(63)
    .regex(
      /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
      'must consist of lower-case letters, digits and hyphens, as in Kubernetes names',
    )

export const duration = () =>
  z.string().max(9).regex(DURATION, 'must be a duration such as 250ms, 30s, 5m, 4h, 30d, or 0')

/** A duration other than 0. */
export const someTime = () =>
  z
    .string()
    .max(9)
    .regex(/^[1-9]\d{0,6}(ms|s|m|h|d)$/, 'must be a duration such as 250ms, 30s, 5m, 4h, 30d, and not 0')

export const size = () => z.string().max(14).regex(SIZE, 'must be a size in octets such as 1000, 64Ki, 25Mi, 1Gi')

export const domainName = () =>
  z
    .string()
    .max(253)
    .regex(
      /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      'must be a full domain name in lower case; write international names as A-labels (xn--...)',
    )

/** `example.org`, `*.example.org`, `*`. */
export const domainPattern = () =>
  z
    .string()
    .regex(
      /^(\*|(\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+)$/,
      'must be a domain name, *.domain for all its subdomains, or * for all',
    )

export const emailAddress = () =>
  z
    .string()
    .max(320)
    .regex(/^[^\s@<>"]+@[A-Za-z0-9.-]+$/, 'must be an address: local@domain')

/** The address of one mailbox: a dot-atom (RFC 5321, 4.1.2) without `*`, at a full domain name in A-labels. */
export const mailboxAddress = () =>
  z
    .string()
    .max(254)
    .regex(
      /^[A-Za-z0-9!#$%&'+/=?^_`{|}~-]{1,64}([.][A-Za-z0-9!#$%&'+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
      'must be one address in ASCII: local@domain.example; write international domain names as A-labels (xn--...)',
    )

/** `a@b` or `*@b`. */
export const senderPattern = () =>
  z
    .string()
    .max(320)
    .regex(/^(\*|[^\s@<>"*]+)@[A-Za-z0-9.-]+$/, 'must be an address, or *@domain for all addresses of a domain')

export const port = () => z.int().min(1).max(65535)

export const reference = (kind: string) =>
  z.strictObject({ name: resourceName().describe(`Name of the ${kind} in the same namespace.`) })

/** `address`, `address:port` or `[address]:port`. */
export const resolverAddress = () =>
  z
    .string()
    .max(53)
    .regex(
      /^(\d+\.\d+\.\d+\.\d+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?|[0-9a-fA-F:]+)$/,
      'must be an IP address, optionally with :port (default 53)',
    )
    .refine((given) => isIP(addressOf(given)) !== 0, 'must be an IP address, optionally with :port (default 53)')

function addressOf(resolver: string): string {
  if (resolver.startsWith('[')) return resolver.slice(1, resolver.indexOf(']'))
  return resolver.includes('.') ? resolver.replace(/:.*$/, '') : resolver
}

export const cidr = () => z.union([z.cidrv4(), z.cidrv6()], 'must be a network such as 10.0.0.0/8 or 2001:db8::/32')

/** For resources that can be suspended for bounces or spam. */
export const resume = () =>
  z
    .string()
    .max(64)
    .describe(
      'Set to a new value, such as a date, to lift a suspension for bounces or spam; at most once in 30 days (docs/limits.md).',
    )
