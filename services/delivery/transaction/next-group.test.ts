import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Recipient } from '@postrider/mail/envelope'
import { nextGroup } from './next-group.ts'
import type { RecipientResult } from './outcome.ts'
import type { Sent } from './transaction.ts'

const TO: Recipient[] = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ address: `${name}@remote.test` }))
const LIMIT = '452 4.5.3 too many recipients'

type Result = Omit<RecipientResult, 'recipient'>
const delivered: Result = { result: 'delivered', reply: '250 ok', stage: 'final' }
const refused = (reply: string, stage: Result['stage'] = 'rcpt'): Result => ({ result: 'refused', reply, stage })
const failed: Result = { result: 'failed', reply: 'closed', errorCode: 'CLOSED', stage: 'rcpt' }

/** What follows a transaction for the first recipients. */
function after(results: Result[], given: Partial<Sent> = {}, left = TO) {
  const sent: Sent = {
    outcome: { recipients: results.map((result, at) => ({ recipient: left[at] ?? { address: '' }, ...result })) },
    reusable: true,
    begun: true,
    taken: results.filter(({ result, stage }) => result === 'delivered' || stage !== 'rcpt').length,
    unasked: [],
    outOfStep: false,
    ...given,
  }
  const { recipients, size, learned } = nextGroup(sent, left)
  return { names: recipients.map(({ address }) => address[0]).join(''), size, learned }
}

describe('after a transaction', () => {
  test('of which all is settled and none is left out, the attempt is over', () => {
    const all = [delivered, delivered, refused('550 5.1.1 unknown'), delivered, delivered, delivered]
    assert.equal(after(all).names, '')
  })

  test('that settled somebody, those who were not in it are asked about next, however many', () => {
    assert.deepEqual(after([delivered, refused('450 4.2.0 later')]), { names: 'cdef', size: Infinity, learned: {} })
    assert.equal(after([refused('550 no'), refused('450 4.2.0 later')]).names, 'cdef')
  })

  test('that settled nobody, the host is left alone', () => {
    assert.equal(after([refused('450 4.2.0 later'), refused('451 later')]).names, '')
  })

  test('that had no answer for somebody, the host is left alone until the next attempt', () => {
    assert.equal(after([delivered, failed]).names, '')
  })

  test('those whom there was no time to ask about go on with the others', () => {
    assert.equal(after([delivered, failed], { unasked: TO.slice(1, 2) }).names, 'bcdef')
  })

  test('whose replies did not fit its commands, the remote is known to want them one by one', () => {
    assert.deepEqual(after([failed], { outOfStep: true }).learned, { lockStep: true })
  })
})

describe('a remote that takes so many recipients', () => {
  test('is given the rest in groups of that size, and known for it', () => {
    assert.deepEqual(after([delivered, delivered, refused(LIMIT), refused(LIMIT)]), {
      names: 'cdef',
      size: 2,
      learned: { maxRecipients: 2 },
    })
  })

  test('and says so after the content has half of them in the next group', () => {
    const limit = refused(LIMIT, 'final')
    assert.deepEqual(after([limit, limit, limit, limit, limit]), {
      names: 'abcdef',
      size: 3,
      learned: { maxRecipients: 3 },
    })
  })

  test('and then refuses the content of those it took is asked again with fewer only', () => {
    const later = refused('451 4.3.0 later', 'final')
    assert.equal(after([later, later, refused(LIMIT)]).size, 2)
    // One at a time is what it had: nothing is gained.
    assert.equal(after([later], {}, TO.slice(0, 1)).names, '')
  })

  test('but takes none at all has no limit of one transaction', () => {
    const { names, learned } = after([refused(LIMIT), refused(LIMIT)])
    assert.deepEqual([names, learned], ['', {}])
  })

  test('of one recipient, refused after the content, has no limit of one transaction', () => {
    assert.equal(after([refused(LIMIT, 'final')]).names, '')
  })

  test('but speaks of the sender at MAIL has no limit', () => {
    assert.equal(after([refused(LIMIT, 'mail'), refused(LIMIT, 'mail')], { taken: 1 }).names, '')
  })

  test('of one kind is given the others all together, and nothing is known of their number', () => {
    const kind = refused('451 4.3.0 multiple destination domains per transaction')
    assert.deepEqual(after([delivered, kind, kind]), { names: 'bcdef', size: Infinity, learned: {} })
  })

  test('of one kind that it then did not take is given fewer', () => {
    const kind = refused('451 4.3.0 multiple destination domains per transaction')
    const { names, size, learned } = after([refused('451 4.3.0 later', 'final'), kind, kind])
    assert.deepEqual([names, size, learned], ['bcdef', 1, {}])
  })
})
