import { STATUS_CODES } from 'node:http'
import type { ProblemError } from './problem.ts'

/** The answer of a handler. */
export interface ApiResponse {
  status: number
  headers: Record<string, string>
  body: string | Buffer
}

/** An answer 200 with content of this media type. */
export const content = (type: string, body: string | Buffer, headers: Record<string, string> = {}): ApiResponse => ({
  status: 200,
  headers: { 'content-type': type, ...headers },
  body,
})

/** An answer 200 with a JSON value. */
export const json = (value: unknown): ApiResponse => content('application/json', `${JSON.stringify(value)}\n`)

/** A refusal as problem details (RFC 9457). */
export const problem = ({ status, message, headers }: ProblemError): ApiResponse => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: `${JSON.stringify({ status, title: STATUS_CODES[status] ?? '', detail: message })}\n`,
})
