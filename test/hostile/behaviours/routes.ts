import type { Behaviour, Zone } from '../behaviour.ts'

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** Addresses that a tenant must not have mail sent to by naming them in a zone, and what they are. */
const FORBIDDEN: [name: string, what: string, address: string][] = [
  ['10', 'private (10/8)', '10.1.2.3'],
  ['172', 'private (172.16/12)', '172.16.1.2'],
  ['192', 'private (192.168/16)', '192.168.1.2'],
  ['link-local', 'link-local, where clouds tell their secrets', '169.254.169.254'],
  ['cgn', 'carrier-grade NAT (100.64/10)', '100.64.1.2'],
  ['multicast', 'multicast', '224.0.0.25'],
  ['broadcast', 'the broadcast address', '255.255.255.255'],
  ['unique-local', 'unique local (fc00::/7)', 'fd00::25'],
  ['link-local-6', 'link-local (fe80::/10)', 'fe80::25'],
  ['mapped', 'private, mapped into IPv6', '::ffff:10.1.2.3'],
  ['nat64', 'private, behind NAT64', '64:ff9b::10.1.2.3'],
]

const forbidden: Behaviour[] = FORBIDDEN.map(([name, what, address]) => ({
  name: `mx-${name}`,
  what: `the only MX has an address that is ${what}: ${address}`,
  domains: { a: { mx: ['10 inside'], addresses: { inside: [address] } } },
  wanted: { state: 'failed', status: /^5\./ },
}))

const refused = (count: number): Record<string, 'refused'> =>
  Object.fromEntries(range(count).map((number) => [`h${number}`, 'refused' as const]))

const five00: Zone = {
  mx: range(500).map((number) => `${number} h${((number - 1) % 50) + 1}`),
}

/** Which hosts a domain's mail may go to, and which of them it reaches. */
export const ROUTES: Behaviour[] = [
  ...forbidden,
  {
    name: 'mx-private-and-public',
    what: 'the best MX has a private address, the next one a public one',
    hosts: { mx2: {} },
    domains: { a: { mx: ['10 inside', '20 mx2'], addresses: { inside: ['10.1.2.3'] } } },
    wanted: { state: 'delivered', at: ['mx2'], attempts: 1 },
  },
  {
    name: 'mx-both-addresses',
    what: 'an MX with a private address before its public one',
    hosts: { mx1: {} },
    domains: { a: { mx: ['10 mx'], addresses: { mx: ['192.168.1.2', 'mx1'] } } },
    wanted: { state: 'delivered', attempts: 1 },
  },
  {
    name: 'mx-literal',
    what: 'an IP address instead of a name as MX (RFC 5321, 5.1 wants a name)',
    hosts: { mx1: {} },
    domains: { a: { mx: ['10 =mx1'] } },
    wanted: { state: 'failed', status: /^5\./ },
  },
  {
    name: 'implicit-private',
    what: 'no MX, and a private address of its own',
    domains: { a: { addresses: { '@': ['10.1.2.3'] } } },
    wanted: { state: 'failed', status: /^5\./ },
  },
  {
    name: 'implicit',
    what: 'no MX, and an address of its own',
    hosts: { mx1: {} },
    domains: { a: { addresses: { '@': ['mx1'] } } },
    wanted: { state: 'delivered', attempts: 1 },
  },
  {
    name: 'null-mx',
    what: 'a null MX (RFC 7505)',
    hosts: { mx1: {} },
    domains: { a: { mx: ['0 .'], addresses: { '@': ['mx1'] } } },
    wanted: { state: 'failed', status: /^5\.1\.10$/ },
  },
  {
    name: 'mx-ourselves',
    what: 'the best MX is this platform',
    hosts: { mx2: {} },
    domains: { a: { mx: ['10 mail.sender.test.', '20 mx2'] } },
    wanted: { state: 'failed', status: /^5\.4\.6$/ },
  },
  {
    name: 'mx-alias',
    what: 'an MX that is an alias (forbidden by RFC 2181, 10.3, and common)',
    hosts: { mx1: {} },
    domains: { a: { mx: ['10 alias'], aliases: { alias: 'mx1' } } },
    wanted: { state: 'delivered', attempts: 1 },
  },
  {
    name: 'nine-addresses',
    what: 'nine addresses, of which only the ninth works',
    hosts: { ...refused(8), h9: {} },
    domains: { a: { mx: ['10 mx'], addresses: { mx: range(9).map((number) => `h${number}`) } } },
    wanted: { state: 'delivered', at: ['h9'] },
    seconds: 40,
  },
  {
    name: 'nine-hosts',
    what: 'nine MX, of which only the ninth works',
    hosts: { ...refused(8), h9: {} },
    wanted: { state: 'delivered', at: ['h9'] },
    seconds: 40,
  },
  {
    name: 'nine-hosts-451',
    what: 'nine MX, of which eight greet with 451',
    hosts: {
      ...Object.fromEntries(
        range(8).map((number) => [`h${number}`, { greeting: { send: '451 4.3.0 busy', then: 'close' as const } }]),
      ),
      h9: {},
    },
    wanted: { state: 'delivered', at: ['h9'] },
    seconds: 40,
  },
  {
    name: '500-mx',
    what: '500 MX records, all refuse the connection',
    hosts: refused(50),
    domains: { a: five00 },
    wanted: { state: 'deferred' },
    questions: 60,
  },
  {
    name: '500-mx-unknown',
    what: '500 MX records whose names do not exist',
    domains: { a: { mx: range(500).map((number) => `${number} none${number}`) } },
    wanted: { state: ['failed', 'deferred'] },
    questions: 60,
  },
  {
    name: '500-mx-silent',
    what: '500 MX records at a name server that does not answer for them',
    domains: {
      a: {
        mx: range(500).map((number) => `${number} none${number}`),
        faults: Object.fromEntries(range(500).map((number) => [`none${number}`, { answer: 'silence' as const }])),
      },
    },
    wanted: { state: 'deferred' },
    questions: 120,
    seconds: 90,
    slow: true,
  },
  {
    name: '500-addresses',
    what: 'one MX with 500 addresses that refuse the connection',
    hosts: refused(1),
    domains: { a: { mx: ['10 mx'], addresses: { mx: Array.from({ length: 500 }, () => 'h1') } } },
    wanted: { state: 'deferred' },
  },
]
