import type { DkimConfig } from '@postrider/runtime-config/config'
import type { Resource } from '@postrider/resources/kinds'

/** What already exists besides the resources: things that are generated once and kept. */
export interface Observed {
  /** Verifiers of generated passwords, by `namespace/name` of the SMTPCredential. */
  verifiers: Map<string, string[]>
  /** Sealed private keys, by `domain/selector`. */
  dkimKeys: Map<string, string>
  /** The keys that sign, by domain name, if the provider chooses them; otherwise each algorithm has one selector. */
  signing?: Map<string, DkimConfig[]>
  /** Addresses that were verified by a code, by `namespace/name` of the SenderAddress. */
  senders?: ReadonlyMap<string, VerifiedSender>
}

/** A verification. It is valid for this address and Domain only, even if the SenderAddress has changed since. */
export interface VerifiedSender {
  address: string
  domainName: string
}

/** Something that the plan needs and that does not exist yet. The provider creates it and plans again. */
export type Wanted =
  | { thing: 'password'; credential: Resource<'SMTPCredential'> }
  | { thing: 'dkim-key'; domain: string; selector: string; algorithm: 'rsa-sha256' | 'ed25519-sha256' }
