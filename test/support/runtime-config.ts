import type {
  CredentialConfig,
  DomainConfig,
  LimitConfig,
  PlatformConfig,
  PolicyConfig,
  RuntimeConfig,
} from '@postrider/runtime-config/config'
import { DEFAULT_PROTECTION } from '@postrider/runtime-config/protection'

/** Parts of a configuration with nothing remarkable in them, but for what the test gives. */

export const platformConfig = (given: Partial<PlatformConfig> = {}): PlatformConfig => ({
  hostName: 'mail.host.test',
  retry: { firstMs: 300_000, capMs: 14_400_000, jitter: 0, lifetimeMs: 432_000_000 },
  notices: { delayedAfterMs: 14_400_000, fullMessageBytes: 1000, from: 'MAILER-DAEMON@mail.host.test' },
  placeholderMs: 86_400_000,
  resolvers: [],
  messageBytes: 1_000_000,
  longestHoldMs: 0,
  protection: DEFAULT_PROTECTION,
  smtpPort: 25,
  timeouts: {
    connectMs: 1000,
    greetingMs: 1000,
    mailMs: 1000,
    rcptMs: 1000,
    dataMs: 1000,
    blockMs: 1000,
    finalMs: 1000,
  },
  ...given,
})

export const domainConfig = (given: Partial<DomainConfig> = {}): DomainConfig => ({
  name: 'sender.test',
  suspended: false,
  dkim: [],
  allowedSenders: [],
  retentionMs: 0,
  notifyDelivered: false,
  ...given,
})

export const credentialConfig = (given: Partial<CredentialConfig> = {}): CredentialConfig => ({
  address: 'app@sender.test',
  domain: 'sender.test',
  passwordHashes: [],
  allowedSenders: [],
  suspended: false,
  ...given,
})

export const limitConfig = (given: Partial<LimitConfig> = {}): LimitConfig => ({
  name: 'limit',
  recipientsPerMessage: 100,
  messageBytes: 1_000_000,
  ...given,
})

export const policyConfig = (given: Partial<PolicyConfig> = {}): PolicyConfig => ({
  name: 'policy',
  domains: ['*'],
  mx: [],
  connections: 20,
  messagesPerConnection: 100,
  tls: 'opportunistic',
  ...given,
})

/** A configuration of these domains and credentials. */
export const runtimeConfig = (
  given: {
    platform?: Partial<PlatformConfig>
    domains?: DomainConfig[]
    credentials?: CredentialConfig[]
  } & Partial<Omit<RuntimeConfig, 'platform' | 'domains' | 'credentials'>> = {},
): RuntimeConfig => {
  const { platform, domains = [domainConfig()], credentials = [credentialConfig()], ...rest } = given
  return {
    platform: platformConfig(platform),
    domains: new Map(domains.map((domain) => [domain.name, domain])),
    credentials: new Map(credentials.map((credential) => [credential.address, credential])),
    policies: [],
    pools: new Map(),
    ...rest,
  }
}
