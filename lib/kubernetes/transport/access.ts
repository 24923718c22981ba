import type { Agent } from 'node:http'

/** What a request needs to reach the API server and log in. */
export interface Access {
  headers: Record<string, string>
  tls: TlsMaterial
  /** For a connection through a proxy. */
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
  /** Called before every request, because tokens and certificates are short-lived. */
  access(): Promise<Access>
}
