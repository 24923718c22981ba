import { z } from 'zod'
import { someTime } from './fields.ts'

/** How the submission ports are protected. All counts are for one ingress process. A network is an IPv4 address or an IPv6 /64. */
export const Protection = z.strictObject({
  loginFailures: z
    .int()
    .min(0)
    .max(10_000)
    .default(10)
    .describe(
      'Different wrong passwords from one network within failureWindow, after which its logins are refused for blockTime, but for accounts that logged in from it lately. 0: never.',
    ),
  accountFailures: z
    .int()
    .min(0)
    .max(100_000)
    .default(50)
    .describe(
      'Different wrong passwords on one account within failureWindow, from all networks, after which each network that it has not logged in from lately has one try in blockTime. 0: never.',
    ),
  failureWindow: someTime().default('10m').describe('Time in which wrong passwords are counted.'),
  blockTime: someTime().default('15m').describe('How long logins are refused then.'),
  connections: z.int().min(10).max(100_000).default(5000).describe('Most connections of an ingress process.'),
  strangersPercent: z
    .int()
    .min(1)
    .max(100)
    .default(50)
    .describe(
      'Share of connections for clients that have not logged in; when it is full the one that has been there longest is ended.',
    ),
  strangersPerNetwork: z
    .int()
    .min(0)
    .max(100_000)
    .default(50)
    .describe(
      'Connections of one network that have not logged in, as smtpd_client_connection_count_limit of Postfix. 0: no limit.',
    ),
  connectionsPerMinute: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(120)
    .describe('New connections a minute of one network that nobody logged in from lately. 0: no limit.'),
  loginDeadline: someTime()
    .default('60s')
    .describe('Time from the connection to the login, TLS included. Networks of a TrustedNetworks listener need none.'),
  commandTime: someTime()
    .default('5m')
    .describe('In which a command must be complete, however it trickles in (RFC 5321, 4.5.3.2.7: at least 5 minutes).'),
  contentTime: someTime()
    .default('3m')
    .describe('In which 16 KiB of a message, or its end, must arrive (RFC 5321, 4.5.3.2.5: 3 minutes).'),
})
