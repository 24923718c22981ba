import { z } from 'zod'
import { cidr, domainName, duration, emailAddress, port, reference, resolverAddress, size, someTime } from './fields.ts'
import { Api } from './api.ts'
import { Broker } from './broker.ts'
import { Pods } from './pods.ts'
import { Protection } from './protection.ts'
import { durationMs } from './quantity.ts'
import { Scanning } from './scanning.ts'
import { Service } from './service.ts'
import { TELEMETRY_OFFSETS } from './telemetry.ts'
import { Tls } from './tls.ts'

const Listener = z.strictObject({
  mode: z
    .enum(['ImplicitTLS', 'STARTTLS', 'TrustedNetworks'])
    .describe(
      'ImplicitTLS: TLS from the first octet (RFC 8314, port 465). STARTTLS: port 587. TrustedNetworks: no login; accepts only the listed networks, like mynetworks in Postfix.',
    ),
  port: port().describe('TCP port.'),
  address: z.string().max(253).default('0.0.0.0').describe('Local address to listen on.'),
  networks: z.array(cidr()).max(100).default([]).describe('TrustedNetworks: networks that may connect.'),
  credential: emailAddress()
    .optional()
    .describe('TrustedNetworks: credential whose permissions and limits apply to these clients.'),
  clientCertificate: z
    .enum(['None', 'Optional', 'Required'])
    .default('None')
    .describe(
      'Whether clients are asked for a certificate issued by tls.clientCA. Optional: clients with a certificate may log in with it (AUTH EXTERNAL), others with a password. Required: no login without a certificate.',
    ),
  proxyProtocol: z
    .strictObject({
      trusted: z
        .array(cidr())
        .min(1)
        .max(100)
        .describe('Networks of the proxies. Connections from elsewhere have no PROXY header.'),
    })
    .optional()
    .describe(
      'For a load balancer that hides client addresses: its connections must begin with a PROXY header, version 1 or 2.',
    ),
  servicePort: port()
    .optional()
    .describe('Kubernetes: port of the Service; default 465, 587 or 25, depending on mode.'),
})

const Timeouts = z.strictObject({
  connect: someTime().default('30s').describe('Timeout for the TCP connection to one address.'),
  greeting: someTime().default('5m').describe('Timeout for the 220 greeting (RFC 5321, 4.5.3.2.1).'),
  mail: someTime().default('5m').describe('Timeout for the reply to EHLO and to MAIL (4.5.3.2.2).'),
  rcpt: someTime().default('5m').describe('Timeout for the reply to RCPT (4.5.3.2.3).'),
  data: someTime().default('2m').describe('Timeout for the reply to DATA (4.5.3.2.4).'),
  block: someTime().default('3m').describe('Timeout for the remote to accept more content (4.5.3.2.5).'),
  final: someTime().default('10m').describe('Timeout for the reply to the final dot (4.5.3.2.6).'),
})

const Tenants = z.strictObject({
  namespaces: z
    .strictObject({
      from: z
        .enum(['Same', 'All', 'Selector'])
        .default('Same')
        .describe(
          "Same: only the MailPlatform's own namespace. All: every namespace. Selector: namespaces whose labels match.",
        ),
      selector: z
        .strictObject({
          matchLabels: z.record(z.string(), z.string()).default({}).describe('Labels required on a namespace.'),
        })
        .optional()
        .describe('Only with from: Selector.'),
    })
    .prefault({})
    .describe('Namespaces whose Domains, credentials and limits are served.'),
})

const Verification = z.strictObject({
  sending: z
    .enum(['AtOnce', 'AfterOwnership', 'AfterRecords'])
    .default('AfterOwnership')
    .describe(
      'When a Domain may send. AtOnce: immediately. AfterOwnership: once its ownership record is in the DNS. AfterRecords: once its SPF, DKIM and DMARC records are in the DNS as well.',
    ),
  recheck: someTime()
    .refine((given) => durationMs(given) >= 1000, 'must be at least 1s')
    .default('1h')
    .describe('Interval between DNS checks once all records are correct; more often until then.'),
  senderAddresses: z
    .enum(['ByCode', 'Never'])
    .default('ByCode')
    .describe(
      'ByCode: a SenderAddress may be used once the code mailed to it has been entered. Never: no SenderAddress may be used, not even a verified one.',
    ),
})

/** The platform, which all tenants share. There is exactly one. */
export const MailPlatformSpec = z.strictObject({
  hostName: domainName().describe(
    'Fully qualified host name used in the greeting, EHLO, and the Received and Message-ID fields. Forward and reverse DNS should match.',
  ),
  ingress: z
    .strictObject({
      replicas: z
        .int()
        .min(1)
        .max(64)
        .default(1)
        .describe('Number of ingress processes. In standalone mode they share the ports.'),
      ...Pods,
      listeners: z
        .array(Listener)
        .min(1)
        .max(8)
        .default([
          { mode: 'ImplicitTLS', port: 1465, address: '0.0.0.0', networks: [], clientCertificate: 'None' },
          { mode: 'STARTTLS', port: 1587, address: '0.0.0.0', networks: [], clientCertificate: 'None' },
        ])
        .describe('Submission ports.'),
      tls: Tls.optional().describe(
        'TLS certificates. If not given, a local CA and a certificate are created, for evaluation only.',
      ),
      service: Service.prefault({}).describe('Kubernetes: the Service for submission.'),
      clientHost: domainName()
        .optional()
        .describe(
          'Host name that clients connect to, as given in Secrets and client settings. Default: hostName; in Kubernetes, the name of the Service unless it is a LoadBalancer.',
        ),
      messageSize: size().default('25Mi').describe('Maximum message size, announced with SIZE (RFC 1870).'),
      longestHold: duration()
        .default('30d')
        .describe(
          'How far in the future a client may schedule a message, announced with FUTURERELEASE (RFC 4865); 0 turns scheduling off.',
        ),
      protection: Protection.prefault({}).describe('Protection against unauthenticated clients and password guessing.'),
    })
    .prefault({})
    .describe('Submission of mail.'),
  delivery: z
    .strictObject({
      replicas: z.int().min(1).max(64).default(1).describe('Number of delivery processes.'),
      ...Pods,
      smtpPort: port().default(25).describe('TCP port of remote mail servers; use a port other than 25 only in tests.'),
      timeouts: Timeouts.prefault({}).describe('Timeouts for remote servers (RFC 5321, 4.5.3.2).'),
      internalNetworks: z
        .array(cidr())
        .max(100)
        .default([])
        .describe(
          'Networks that MX records must not point to, in addition to all non-public ones: for example, public addresses that a cluster uses for its Pods.',
        ),
      poolRef: reference('DeliveryPool').optional().describe('DeliveryPool for destinations whose policy names none.'),
    })
    .prefault({})
    .describe('Delivery to remote servers.'),
  notifier: z
    .strictObject({ resources: Pods.resources })
    .prefault({})
    .describe('The service that writes notices and the message log.'),
  api: Api.prefault({}).describe('The HTTP service, from which mail clients get their settings.'),
  tenants: Tenants.prefault({}).describe('Kubernetes: namespaces that may use the platform.'),
  verification: Verification.prefault({}).describe(
    "Verification of tenants' domains (Kubernetes only) and sender addresses.",
  ),
  dns: z
    .strictObject({
      resolvers: z
        .array(resolverAddress())
        .max(8)
        .default([])
        .describe("DNS servers, as address or address:port. Empty: the system's resolvers."),
    })
    .prefault({})
    .describe('Name resolution.'),
  scanning: Scanning.prefault({}).describe('Scanners that check each message before it is accepted; none by default.'),
  retry: z
    .strictObject({
      firstDelay: someTime().default('5m').describe('Delay after the first attempt; doubles after each further one.'),
      maxDelay: someTime().default('4h').describe('Longest delay between two attempts.'),
      jitterPercent: z.int().min(0).max(50).default(10).describe('Random variation of each delay, in percent.'),
      lifetime: someTime()
        .default('5d')
        .describe('Time from acceptance until the message bounces (RFC 5321, 4.5.4.1: 4 to 5 days).'),
    })
    .prefault({})
    .describe('Retry schedule.'),
  notices: z
    .strictObject({
      delayedAfter: duration()
        .default('4h')
        .describe('Time after which a message still in the queue is reported once as delayed; 0 turns that off.'),
      fullMessageSize: size()
        .default('50Ki')
        .describe('Messages up to this size are returned whole in a failure notice; of larger ones only the headers.'),
      from: emailAddress().optional().describe('From address of notices; default: MAILER-DAEMON at hostName.'),
    })
    .prefault({})
    .describe('Notices to submitters (RFC 3464).'),
  retention: z
    .strictObject({
      placeholder: duration()
        .default('90d')
        .describe('How long the history of a message is kept after its content is deleted.'),
    })
    .prefault({})
    .describe('Retention of message history. Retention of content is set in each Domain.'),
  broker: Broker.prefault({}).describe('The queue.'),
  telemetry: z
    .strictObject({
      address: z.string().default('127.0.0.1').describe('Standalone: address of /healthz, /readyz and /metrics.'),
      basePort: port()
        .default(19464)
        .describe(
          `Standalone: port of the notifier. The HTTP service uses the ports from basePort + ${TELEMETRY_OFFSETS.api}, delivery from + ${TELEMETRY_OFFSETS.delivery}, ingress from + ${TELEMETRY_OFFSETS.ingress}.`,
        ),
    })
    .prefault({})
    .describe('Health and metrics endpoints.'),
  sandbox: z
    .strictObject({ port: port().default(1525).describe('Port on the loopback interface.') })
    .optional()
    .describe('Standalone: also start a receiver that accepts all mail and stores it as files, for evaluation.'),
})
export type MailPlatformSpec = z.infer<typeof MailPlatformSpec>
