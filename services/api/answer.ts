import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from './context.ts'
import { ProblemError } from './problem.ts'
import { readRequest } from './request.ts'
import { problem } from './response.ts'
import type { ApiResponse } from './response.ts'
import type { Find, Route } from './router.ts'

export interface AnswerOptions {
  find: Find
  context: Context
  /** Called after each answer, for metrics and log. `path` is that of the route; undefined if none matched. */
  answered: (path: string | undefined, status: number, remoteAddress: string) => void
  /** Called for an error that is not a ProblemError: a fault of the service. The client gets no details. */
  onError: (error: unknown) => void
}

/** Answers a request. Never rejects: an error becomes an answer. */
export type Answer = (incoming: IncomingMessage, outgoing: ServerResponse, secure: boolean) => Promise<void>

export function createAnswer({ find, context, answered, onError }: AnswerOptions): Answer {
  return async (incoming, outgoing, secure) => {
    let route: Route | undefined
    let response: ApiResponse
    try {
      const request = await readRequest(incoming, secure)
      route = find(request)
      response = await route.handle(request, context)
    } catch (error) {
      // The client disconnected in the middle of the request: there is no one to answer, and this is not a fault.
      if (incoming.destroyed && !incoming.complete) return
      if (!(error instanceof ProblemError)) onError(error)
      response = problem(
        error instanceof ProblemError ? error : new ProblemError(500, 'internal error; try again later'),
      )
    }
    answered(route?.path, response.status, incoming.socket.remoteAddress ?? '')
    outgoing.writeHead(response.status, {
      'content-length': Buffer.byteLength(response.body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...response.headers,
      // The rest of an unread body is not waited for, so the connection cannot be reused.
      ...(incoming.complete ? {} : { connection: 'close' }),
    })
    outgoing.end(incoming.method === 'HEAD' ? undefined : response.body)
  }
}
