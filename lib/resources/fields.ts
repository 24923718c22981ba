import { z } from 'zod'
import { DURATION, SIZE } from './quantity.ts'

/** Kinds of values that several resources share. All shapes stay within what a structural CRD schema can say. */

/** Length of a name that Kubernetes takes (RFC 1123 label). */
export const resourceName = () =>
  z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens, as Kubernetes names are')

export const duration = () => z.string().regex(DURATION, 'must be a duration such as 250ms, 30s, 5m, 4h, 30d, or 0')
export const size = () => z.string().regex(SIZE, 'must be a size in octets such as 1000, 64Ki, 25Mi, 1Gi')

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
    .regex(/^(\*|(\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+)$/, 'must be a domain name, *.domain for all below it, or * for all')

export const emailAddress = () =>
  z
    .string()
    .max(320)
    .regex(/^[^\s@<>"]+@[a-z0-9.-]+$/i, 'must be an address: local@domain')

/** `a@b` or `*@b`. */
export const senderPattern = () =>
  z.string().regex(/^(\*|[^\s@<>"*]+)@[a-z0-9.-]+$/i, 'must be an address, or *@domain for all of a domain')

export const port = () => z.int().min(1).max(65535)

export const reference = (kind: string) =>
  z.strictObject({ name: resourceName().describe(`Name of the ${kind} in the same namespace.`) })

/** `address`, `address:port` or `[address]:port`. */
export const resolverAddress = () =>
  z
    .string()
    .regex(
      /^(\d+\.\d+\.\d+\.\d+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?|[0-9a-fA-F:]+)$/,
      'must be an IP address, with :port where it is not 53',
    )

export const cidr = () => z.string().regex(/^[0-9a-fA-F.:]+\/\d{1,3}$/, 'must be a network such as 10.0.0.0/8')
