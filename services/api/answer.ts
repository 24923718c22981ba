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
  /** After each answer, for figures and log; `path` is the route's, or undefined where there is none. */
  answered: (path: string | undefined, status: number, remoteAddress: string) => void
  /** A fault of the service; the client gets no details. */
  onError: (error: unknown) => void
}

/** Answers a request, whatever happens. */
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
      // A client that disconnects in the middle of a request gets no answer, and this is not a fault.
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
      // What is left of a body that was not read is not waited for.
      ...(incoming.complete ? {} : { connection: 'close' }),
    })
    outgoing.end(incoming.method === 'HEAD' ? undefined : response.body)
  }
}
