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
      'Number of different wrong passwords from one network within failureWindow after which logins from it are refused for blockTime, except for accounts that logged in from it recently. 0: no limit.',
    ),
  accountFailures: z
    .int()
    .min(0)
    .max(100_000)
    .default(50)
    .describe(
      'Number of different wrong passwords for one account within failureWindow, from all networks together, after which each network from which the account has not logged in recently gets one try per blockTime. 0: no limit.',
    ),
  failureWindow: someTime().default('10m').describe('Period in which wrong passwords are counted.'),
  blockTime: someTime().default('15m').describe('How long logins are then refused.'),
  connections: z
    .int()
    .min(10)
    .max(100_000)
    .default(5000)
    .describe('Maximum number of connections to an ingress process.'),
  strangersPercent: z
    .int()
    .min(1)
    .max(100)
    .default(50)
    .describe(
      'Percentage of connections available to unauthenticated clients; when it is reached, the oldest unauthenticated connection is closed.',
    ),
  strangersPerNetwork: z
    .int()
    .min(0)
    .max(100_000)
    .default(50)
    .describe(
      'Maximum number of unauthenticated connections from one network, like smtpd_client_connection_count_limit in Postfix. 0: no limit.',
    ),
  connectionsPerMinute: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(120)
    .describe('New connections per minute from a network without a recent login. 0: no limit.'),
  loginDeadline: someTime()
    .default('60s')
    .describe('Time from connecting to login, including TLS. Does not apply to TrustedNetworks listeners.'),
  commandTime: someTime()
    .default('5m')
    .describe('Time in which a complete command must arrive (RFC 5321, 4.5.3.2.7: at least 5 minutes).'),
  contentTime: someTime()
    .default('3m')
    .describe('Time in which 16 KiB of a message, or its end, must arrive (RFC 5321, 4.5.3.2.5: 3 minutes).'),
})
