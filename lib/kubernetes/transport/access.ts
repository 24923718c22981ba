import type { Agent } from 'node:http'

/** What a request needs to reach the API server and be let in. */
export interface Access {
  headers: Record<string, string>
  tls: TlsMaterial
  /** When the way leads through a proxy. */
  agent?: Agent
}

export interface TlsMaterial {
  ca?: string | Buffer
  cert?: string | Buffer
  key?: string | Buffer
  passphrase?: string
  servername?: string
  rejectUnauthorized?: boolean
}

export interface Connection {
  /** `https://host:port`. */
  server: string
  /** Asked before every request: tokens and certificates of a cluster are short-lived. */
  access(): Promise<Access>
}
