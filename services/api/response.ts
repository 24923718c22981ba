import { STATUS_CODES } from 'node:http'
import type { ProblemError } from './problem.ts'

/** What a handler answers. */
export interface ApiResponse {
  status: number
  headers: Record<string, string>
  body: string | Buffer
}

/** A good answer with content of this media type. */
export const content = (type: string, body: string | Buffer, headers: Record<string, string> = {}): ApiResponse => ({
  status: 200,
  headers: { 'content-type': type, ...headers },
  body,
})

export const json = (value: unknown): ApiResponse => content('application/json', `${JSON.stringify(value)}\n`)

/** A refusal (RFC 9457). */
export const problem = ({ status, message, headers }: ProblemError): ApiResponse => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: `${JSON.stringify({ status, title: STATUS_CODES[status] ?? '', detail: message })}\n`,
})
