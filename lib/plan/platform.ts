import type { PlatformConfig } from '@postrider/runtime-config/config'
import type { Resource } from '@postrider/resources/kinds'
import { durationMs, sizeBytes } from '@postrider/resources/quantity'
import type { Inventory } from './inventory.ts'
import { planScanning } from './scanning.ts'
import { planProtection } from './protection.ts'

export function planPlatform(platform: Resource<'MailPlatform'>, inventory: Inventory): PlatformConfig {
  const { hostName, retry, notices, retention, dns, ingress, delivery } = platform.spec
  const { timeouts } = delivery
  const lifetimeMs = durationMs(retry.lifetime)
  if (durationMs(retry.firstDelay) === 0) inventory.report(platform, 'spec.retry.firstDelay', 'must be longer than 0')
  if (durationMs(retry.maxDelay) < durationMs(retry.firstDelay)) {
    inventory.report(
      platform,
      'spec.retry.maxDelay',
      `is ${retry.maxDelay}, but must not be shorter than firstDelay (${retry.firstDelay})`,
    )
  }
  const pool = inventory.find('DeliveryPool', delivery.poolRef, platform, 'spec.delivery.poolRef')
  const scanning = planScanning(platform.spec.scanning)
  return {
    hostName,
    retry: {
      firstMs: durationMs(retry.firstDelay),
      capMs: durationMs(retry.maxDelay),
      jitter: retry.jitterPercent / 100,
      lifetimeMs,
    },
    notices: {
      delayedAfterMs: durationMs(notices.delayedAfter),
      fullMessageBytes: sizeBytes(notices.fullMessageSize),
      from: noticesFrom(platform),
    },
    placeholderMs: durationMs(retention.placeholder),
    resolvers: dns.resolvers,
    messageBytes: sizeBytes(ingress.messageSize),
    longestHoldMs: durationMs(ingress.longestHold),
    protection: planProtection(platform),
    smtpPort: delivery.smtpPort,
    internalNetworks: delivery.internalNetworks,
    timeouts: {
      connectMs: durationMs(timeouts.connect),
      greetingMs: durationMs(timeouts.greeting),
      mailMs: durationMs(timeouts.mail),
      rcptMs: durationMs(timeouts.rcpt),
      dataMs: durationMs(timeouts.data),
      blockMs: durationMs(timeouts.block),
      finalMs: durationMs(timeouts.final),
    },
    ...(pool === undefined ? {} : { pool: pool.name }),
    ...(scanning === undefined ? {} : { scanning }),
    heldMs: durationMs(platform.spec.scanning.holdFor),
  }
}

/** From field of the platform's own mail. */
export const noticesFrom = ({ spec: { hostName, notices } }: Resource<'MailPlatform'>): string =>
  notices.from ?? `MAILER-DAEMON@${hostName}`
