import type { ProtectionConfig } from './protection.ts'

/** The configuration of the running services, as the plan returns it. All domain names in lower case, durations in milliseconds. */
export interface RuntimeConfig {
  platform: PlatformConfig
  /** By domain name, in A-labels. */
  domains: Map<string, DomainConfig>
  /** Domains that are declared, but whose settings could not be read since this process started. */
  unreadableDomains?: ReadonlySet<string>
  /** By full login address. */
  credentials: Map<string, CredentialConfig>
  /** In the order in which they are tried; the first policy that matches applies. */
  policies: PolicyConfig[]
  /** By pool name. */
  pools: Map<string, PoolConfig>
}

export interface PlatformConfig {
  /** Fully qualified name of the platform in its greeting, EHLO, Received and Message-ID fields. */
  hostName: string
  retry: RetryConfig
  notices: NoticeConfig
  /** How long the history of a message is kept after its content is deleted. */
  placeholderMs: number
  /** `address:port` of each DNS resolver; empty: the system's resolvers. */
  resolvers: string[]
  /** Maximum size of a message, whatever an SMTPLimit allows; announced with SIZE. Octets. */
  messageBytes: number
  /** How far in the future a client may schedule a message (RFC 4865); 0: FUTURERELEASE is not offered. Milliseconds. */
  longestHoldMs: number
  protection: ProtectionConfig
  /** TCP port of remote MX hosts: 25 except in tests. */
  smtpPort: number
  /** Networks that MX records must not point to, in CIDR notation, in addition to all non-public ones. Absent in configurations of an
   * earlier release. */
  internalNetworks?: string[]
  timeouts: TimeoutConfig
  /** Name of the pool for policies that name none. */
  pool?: string
  /** Absent when there is no scanner. */
  scanning?: ScanningConfig
  /** A message held for review that is not released within this time is deleted, and its sender is notified. Milliseconds. */
  heldMs?: number
}

/** The scanners that check a message before it is accepted, and the actions that follow from their verdicts. */
export interface ScanningConfig {
  clamav?: ClamavConfig
  rspamd?: RspamdConfig
  /** `Verdict`: header fields with the result are added to every scanned message. `None`: only to tagged ones. */
  headers: 'None' | 'Verdict'
}

export interface ScannerConfig {
  timeoutMs: number
  /** Larger messages are not sent to the scanner. Octets. */
  maxBytes: number
  tooLarge: 'Reject' | 'Hold' | 'Tag'
  /** Action without a verdict. `TempFail`: the client is answered 451. `Open`: the message is accepted. */
  unavailable: 'TempFail' | 'Open'
}

export interface ClamavConfig extends ScannerConfig {
  /** `host:port`, `[v6]:port`, or the path of a Unix socket. */
  address: string
  infected: 'Reject' | 'Hold' | 'Tag'
}

export interface RspamdConfig extends ScannerConfig {
  /** `http://host:port` */
  url: string
  /** Action if rspamd's action is `reject`. */
  reject: 'Reject' | 'Hold' | 'Tag'
  /** Action if rspamd's action is `add header` or `rewrite subject`. */
  addHeader: 'Reject' | 'Hold' | 'Tag' | 'Pass'
  /** Scores at which a message is refused or held for review, whatever rspamd's action is. */
  rejectScore?: number
  holdScore?: number
}

export interface RetryConfig {
  firstMs: number
  capMs: number
  /** Largest variation of a delay, as a share of it: 0 to 1. */
  jitter: number
  /** Time from acceptance to the final bounce. Milliseconds. */
  lifetimeMs: number
}

export interface NoticeConfig {
  /** A message still in the queue after this long is reported once as delayed; 0 turns that off. Milliseconds. */
  delayedAfterMs: number
  /** Messages up to this size are returned whole in a failure notice; of larger ones only the headers. Octets. */
  fullMessageBytes: number
  /** From field of notices: `MAILER-DAEMON@host`. */
  from: string
}

/** Timeouts for remote servers (RFC 5321, 4.5.3.2). Milliseconds. */
export interface TimeoutConfig {
  connectMs: number
  greetingMs: number
  mailMs: number
  rcptMs: number
  dataMs: number
  /** Timeout for the remote to accept more content. */
  blockMs: number
  /** Timeout for the reply to the final dot. */
  finalMs: number
}

export interface DomainConfig {
  name: string
  /** Mail of a suspended domain is refused with 4xx; queued mail is still delivered. */
  suspended: boolean
  dkim: DkimConfig[]
  /** Patterns of addresses that every credential of the domain may send as, besides its own address: `a@b` or `*@b`. */
  allowedSenders: string[]
  limit?: LimitConfig
  /** A new value lifts a suspension for bounces or spam. */
  resume?: string
  /** How long content is kept after all recipients are settled; 0 deletes it at once. Milliseconds. */
  retentionMs: number
  /** Notify submitters of deliveries even if they did not request it with NOTIFY=SUCCESS. */
  notifyDelivered: boolean
  /** Servers for reading the domain's mail, for the setup of mail clients; IMAP first. */
  incoming?: IncomingConfig[]
}

/** A server for reading a domain's mail. */
export interface IncomingConfig {
  protocol: 'imap' | 'pop3'
  host: string
  port: number
  /** TLS from the first octet; STARTTLS otherwise. */
  implicitTls: boolean
  /** User name for logging in to it. */
  userName: 'Address' | 'LocalPart'
}

export interface DkimConfig {
  selector: string
  algorithm: 'rsa-sha256' | 'ed25519-sha256'
  /** PKCS#8 PEM, sealed with the platform key (see seal.ts). */
  sealedKey: string
}

export interface CredentialConfig {
  address: string
  domain: string
  /** scrypt verifiers (see lib/authentication/hash.ts); more than one during a rotation's overlap. */
  passwordHashes: string[]
  /** Subject alternative names of client certificates that may log in: host names and addresses in lower case, URIs. */
  certificateNames?: string[]
  allowedSenders: string[]
  suspended: boolean
  limit?: LimitConfig
  /** As in DomainConfig. */
  resume?: string
}

export interface LimitConfig {
  /** Name of the SMTPLimit, for the text of a refusal. */
  name: string
  /** Messages in any 24 hours, counted when they are accepted. */
  messagesPerDay?: number
  recipientsPerDay?: number
  messagesPerMinute?: number
  rate?: RateConfig
  /** Concurrent logged-in sessions. */
  concurrentSessions?: number
  /** New recipient domains in any 24 hours: those nothing was sent to in the previous 30 days. */
  newDestinationsPerDay?: number
  tiers?: TiersConfig
  suspension?: ThresholdConfig
  recipientsPerMessage: number
  messageBytes: number
}

/** Daily limits that grow with clean days. */
export interface TiersConfig {
  /** Every account starts in the first tier. */
  levels: { messagesPerDay: number; recipientsPerDay?: number; afterCleanDays: number }[]
  /** Thresholds that lead back to the previous tier. */
  stepDown: ThresholdConfig
}

/** Thresholds, as percentages of the recipients that were settled in a window. */
export interface ThresholdConfig {
  bouncePercent: number
  spamPercent: number
  /** With fewer recipients in the window, the percentages are ignored. */
  minimumRecipients: number
  windowMs: number
}

/** A token bucket: up to `burst` messages at once, refilled by `messages` in each `perMs`. */
export interface RateConfig {
  messages: number
  perMs: number
  burst: number
}

export interface PolicyConfig {
  name: string
  /** Recipient domains: `example.org`, `*.example.org` (subdomains at any depth), `*`. */
  domains: string[]
  /** Patterns of the same form for the names of the most preferred MX host; empty: any. */
  mx: string[]
  /** Concurrent connections to a site, for each delivery process. */
  connections: number
  /** Messages after which a connection is closed. */
  messagesPerConnection: number
  tls: 'opportunistic' | 'required' | 'off'
  /** Sends to this host instead of the MX: a smart host or a sandbox. */
  route?: RouteConfig
  pool?: string
}

export interface RouteConfig {
  host: string
  port: number
}

export interface PoolConfig {
  name: string
  ehloName?: string
  /** Local addresses to send from; those of the same family are used in turn. */
  addresses: string[]
}
