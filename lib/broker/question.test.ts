import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { errors, headers } from '@nats-io/transport-node'
import type { Msg, MsgHdrs } from '@nats-io/transport-node'
import { z } from 'zod'
import type { Broker } from './connection.ts'
import { BadAnswerError, NoAnswerError, answer, ask, question } from './question.ts'

const DOUBLE = question('log.double', z.object({ number: z.number() }), z.looseObject({ twice: z.number() }))

/** Carries a question to whoever answers it, in this process. */
function line() {
  let listener: ((error: Error | null, message: Msg) => void) | undefined
  const send = (text: string): Promise<{ headers: MsgHdrs | undefined; text: string }> =>
    new Promise((resolve, reject) => {
      if (listener === undefined) {
        reject(new errors.NoRespondersError('log.double'))
        return
      }
      const respond = (given: string, options?: { headers?: MsgHdrs }) =>
        resolve({ headers: options?.headers, text: given })
      listener(null, { json: () => JSON.parse(text) as unknown, respond } as unknown as Msg)
    })
  const nc = {
    subscribe: (_: string, { callback }: { callback: typeof listener }) => {
      listener = callback
    },
    request: async (_: string, text: string) => {
      const { headers: fields, text: given } = await send(text)
      return { headers: fields, json: () => JSON.parse(given) as unknown }
    },
  } as unknown as Broker['nc']
  return { nc, send, refuse: (error: Error) => listener?.(error, {} as Msg) }
}

let failures: unknown[]
let broker: ReturnType<typeof line>
const onError = (error: unknown) => failures.push(error)
beforeEach(() => {
  failures = []
  broker = line()
})

describe('a question', () => {
  test('is answered', async () => {
    answer(broker, DOUBLE, ({ number }) => ({ twice: 2 * number }), onError)
    assert.deepEqual(await ask(broker, DOUBLE, { number: 4 }, 1000), { twice: 8 })
  })

  test('that nobody answers says so', async () => {
    await assert.rejects(ask(broker, DOUBLE, { number: 4 }, 1000), NoAnswerError)
  })

  test('that is malformed is refused, and does not reach the service', async () => {
    answer(broker, DOUBLE, () => assert.fail('asked'), onError)
    for (const text of ['{"number":"four"}', '{}', '', '{'])
      assert.deepEqual((await broker.send(text)).headers?.get('Nats-Service-Error-Code'), '400', text)
    assert.deepEqual(failures, [])
  })

  test('that the service fails at is refused without its words, which its log has', async () => {
    const secret = new Error('the password is x')
    answer(broker, DOUBLE, () => Promise.reject(secret), onError)
    await assert.rejects(ask(broker, DOUBLE, { number: 4 }, 1000), (error) => {
      assert.ok(error instanceof BadAnswerError)
      assert.doesNotMatch(error.message, /password/)
      return true
    })
    assert.deepEqual(failures, [secret])
  })

  test('whose answer is malformed fails', async () => {
    answer(broker, { ...DOUBLE, answer: z.any() }, () => ({ twice: 'eight' }), onError)
    await assert.rejects(ask(broker, DOUBLE, { number: 4 }, 1000), BadAnswerError)
  })

  test('may be answered by more than the one who asks knows', async () => {
    answer(broker, { ...DOUBLE, answer: z.any() }, () => ({ twice: 8, thrice: 12 }), onError)
    assert.deepEqual(await ask(broker, DOUBLE, { number: 4 }, 1000), { twice: 8, thrice: 12 })
  })

  test('that the broker does not let the service hear is reported', () => {
    answer(broker, DOUBLE, () => ({ twice: 0 }), onError)
    const denied = new Error('permissions violation')
    broker.refuse(denied)
    assert.deepEqual(failures, [denied])
  })

  test('is answered when the header for errors is empty', async () => {
    const fields = headers()
    fields.set('Nats-Service-Error', '')
    const nc = {
      request: () => Promise.resolve({ headers: fields, json: () => ({ twice: 8 }) }),
    } as unknown as Broker['nc']
    assert.deepEqual(await ask({ nc }, DOUBLE, { number: 4 }, 1000), { twice: 8 })
  })
})
