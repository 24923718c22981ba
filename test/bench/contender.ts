/** A mail system under load: takes mail on a loopback port without login and passes all of it to the sink. */
export interface Contender {
  name: string
  relay: { host: string; port: number }
  /** The roots of its process trees. */
  pids: number[]
  stop(): Promise<void>
}

export interface ContenderOptions {
  sink: { host: string; port: number }
  /** RSA-2048, relaxed/relaxed. */
  dkim: boolean
}

/** All load is sent from here: a domain that is signed for, and a sender that may use it. */
export const SENDER = 'app@sender.test'
export const RECIPIENT = 'kim@remote.test'
