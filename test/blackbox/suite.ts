import { auth } from './checks/auth.ts'
import { basics } from './checks/basics.ts'
import { content } from './checks/content.ts'
import { envelope } from './checks/envelope.ts'
import { programs } from './checks/programs.ts'
import { robustness } from './checks/robustness.ts'
import { tls } from './checks/tls.ts'
import type { Check } from './check.ts'

/** All checks, by theme. */
export const SUITE: Record<string, Check[]> = {
  Basics: basics,
  TLS: tls,
  AUTH: auth,
  Envelope: envelope,
  Content: content,
  'Mail as programs write it': programs,
  Robustness: robustness,
}
