import type { ProtectionConfig } from '@postrider/runtime-config/protection'
import type { Resource } from '@postrider/resources/kinds'
import { durationMs } from '@postrider/resources/quantity'

/** The protection of the submission ports, in the settings of ingress. */
export function planProtection({ spec }: Resource<'MailPlatform'>): ProtectionConfig {
  const { failureWindow, blockTime, loginDeadline, commandTime, contentTime, ...counts } = spec.ingress.protection
  return {
    ...counts,
    windowMs: durationMs(failureWindow),
    blockMs: durationMs(blockTime),
    loginDeadlineMs: durationMs(loginDeadline),
    commandMs: durationMs(commandTime),
    contentMs: durationMs(contentTime),
  }
}
