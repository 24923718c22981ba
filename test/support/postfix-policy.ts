import { createServer } from 'node:net'
import type { Socket } from 'node:net'

/** What Postfix tells of a recipient: sender, recipient, client_address, size, ... (SMTPD_POLICY_README). */
export type PolicyRequest = Record<string, string>

/** An action of access(5): `DUNNO`, `DEFER_IF_PERMIT greylisted`, `452 4.2.2 mailbox full`, `550 5.1.1 unknown`, or
 * `421 4.7.0 come back later`, after which Postfix closes the connection. */
export type PolicyAction = string

/** `attempt` counts the requests for the same recipient in a state (RCPT), from 1. */
export type PostfixPolicy = (recipient: string, attempt: number, request: PolicyRequest) => PolicyAction | undefined

export interface PolicyService {
  port: number
  requests: PolicyRequest[]
  close(): Promise<void>
}

/** A policy service for check_policy_service. What `decide` leaves open is `DUNNO`. */
export async function startPolicy(decide: PostfixPolicy): Promise<PolicyService> {
  const requests: PolicyRequest[] = []
  const attempts = new Map<string, number>()
  const sockets = new Set<Socket>()

  const answer = (request: PolicyRequest): PolicyAction => {
    requests.push(request)
    const recipient = request['recipient'] ?? ''
    const attempt = (attempts.get(recipient) ?? 0) + 1
    attempts.set(recipient, attempt)
    return decide(recipient, attempt, request) ?? 'DUNNO'
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    let buffer = ''
    socket.on('data', (chunk) => {
      buffer += chunk.toString()
      for (;;) {
        const end = buffer.indexOf('\n\n')
        if (end === -1) return
        const lines = buffer.slice(0, end).split('\n')
        buffer = buffer.slice(end + 2)
        const request = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2) as [string, string]))
        socket.write(`action=${answer(request)}\n\n`)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    requests,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
