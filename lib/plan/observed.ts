import type { DkimConfig } from '@postrider/runtime-config/config'
import type { Resource } from '@postrider/resources/kinds'

/** What is there already, beside the resources: things that are made once and kept. */
export interface Observed {
  /** Verifiers of generated passwords, by `namespace/name` of the SMTPCredential. */
  verifiers: Map<string, string[]>
  /** Sealed private keys, by `domain/selector`. */
  dkimKeys: Map<string, string>
  /** Keys that sign, by domain name, where the provider chooses them; else each algorithm has one selector. */
  signing?: Map<string, DkimConfig[]>
  /** What was verified by a code, by `namespace/name` of the SenderAddress. */
  senders?: ReadonlyMap<string, VerifiedSender>
}

/** It holds for this address and Domain, whatever the SenderAddress says by now. */
export interface VerifiedSender {
  address: string
  domainName: string
}

/** A thing that the plan needs and that is not there yet. The provider makes it and plans again. */
export type Wanted =
  | { thing: 'password'; credential: Resource<'SMTPCredential'> }
  | { thing: 'dkim-key'; domain: string; selector: string; algorithm: 'rsa-sha256' | 'ed25519-sha256' }
