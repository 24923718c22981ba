import { isIP, isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A parsed header of the PROXY protocol. */
export interface ProxyHeader {
  /** Length of the header. Octets. */
  length: number
  /** The client's address; absent when the proxy connects for itself (LOCAL, UNKNOWN), as in a health check. */
  source?: { address: string; port: number }
}

/** A trusted proxy did not send a valid PROXY header. The connection is closed. */
export class BadProxyHeaderError extends Error {
  override readonly name = 'BadProxyHeaderError'
  constructor(problem: string, options?: ErrorOptions) {
    super(`the PROXY header ${problem}`, options)
  }
}

/** The first 12 octets of a header of version 2 (PROXY protocol, 2.2). */
const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a])
/** Length of the fixed part of version 2: signature, version and command, family, length. Octets. */
const FIXED = 16
/** Longest header of version 1, with its CRLF (2.1). Octets. */
const MAX_LINE = 107
/** Bound on the addresses and TLVs of version 2; proxies send less, even with certificates. Octets. */
const MAX_REST = 4096

/** Parses a header of version 1 or 2 from the octets received so far; undefined while it is incomplete. Throws BadProxyHeaderError. */
export function parseProxyHeader(octets: Buffer): ProxyHeader | undefined {
  const begin = octets.subarray(0, SIGNATURE.length)
  if (begin.equals(SIGNATURE.subarray(0, begin.length)))
    return begin.length < SIGNATURE.length ? undefined : parseV2(octets)
  return parseV1(octets)
}

function parseV1(octets: Buffer): ProxyHeader | undefined {
  const word = octets.subarray(0, 6).toString('latin1')
  if (!'PROXY '.startsWith(word)) throw new BadProxyHeaderError('does not begin with PROXY')
  const end = octets.subarray(0, MAX_LINE).indexOf('\r\n')
  if (end < 0) {
    if (octets.length >= MAX_LINE) throw new BadProxyHeaderError(`has no CRLF within ${MAX_LINE} octets`)
    return undefined
  }
  return { length: end + 2, ...sourceOf(octets.toString('latin1', 0, end).split(' ')) }
}

const FAMILIES: Record<string, (address: string) => boolean> = { TCP4: isIPv4, TCP6: isIPv6 }

function sourceOf([, family = '', source = '', destination = '', port = '', toPort = '', more]: string[]): Pick<
  ProxyHeader,
  'source'
> {
  if (family === 'UNKNOWN') return {}
  const fits = Object.hasOwn(FAMILIES, family) ? FAMILIES[family] : undefined
  if (fits === undefined) throw new BadProxyHeaderError('has a protocol other than TCP4, TCP6 and UNKNOWN')
  if (!fits(source) || !fits(destination))
    throw new BadProxyHeaderError('has an address that does not belong to its protocol')
  if (!isPort(port) || !isPort(toPort) || more !== undefined)
    throw new BadProxyHeaderError('does not end with two valid ports')
  return { source: { address: normal(source), port: Number(port) } }
}

const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535

function parseV2(octets: Buffer): ProxyHeader | undefined {
  if (octets.length < FIXED) return undefined
  const versionAndCommand = octets.readUInt8(12)
  const family = octets.readUInt8(13)
  const rest = octets.readUInt16BE(14)
  if (versionAndCommand >> 4 !== 2) throw new BadProxyHeaderError('has a version other than 2')
  const command = versionAndCommand & 0x0f
  if (command > 1) throw new BadProxyHeaderError('has a command other than LOCAL and PROXY')
  if (rest > MAX_REST) throw new BadProxyHeaderError(`has more than ${MAX_REST} octets of addresses and TLVs`)
  const length = FIXED + rest
  if (octets.length < length) return undefined
  // With LOCAL, or with an unspecified family, the address of the connection itself is used (2.2).
  if (command === 0 || family === 0) return { length }
  if (family === 0x11 && rest >= 12)
    return { length, source: { address: addressOf(octets, 4), port: octets.readUInt16BE(FIXED + 8) } }
  if (family === 0x21 && rest >= 36)
    return { length, source: { address: addressOf(octets, 16), port: octets.readUInt16BE(FIXED + 32) } }
  throw new BadProxyHeaderError('has a protocol other than TCP over IPv4 or IPv6, or is too short for it')
}

function addressOf(octets: Buffer, size: 4 | 16): string {
  const address = ipaddr.fromByteArray([...octets.subarray(FIXED, FIXED + size)]).toString()
  return normal(address)
}

/** The canonical spelling of an address, so that each client is counted as one. */
const normal = (address: string): string => (isIP(address) ? ipaddr.process(address).toString() : address)
