import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { getBounceInfo } from './classify.ts'
import type { Action, Category, Stage } from './category.ts'

interface Labelled {
  response: string
  action: Action
  category: Category
  stage?: Stage
  /** Further categories that are correct. */
  also?: Category[]
}

function read(name: string): Labelled[] {
  const lines = readFileSync(new URL(`testdata/${name}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Labelled)
}

function measure(replies: Labelled[], report: (line: string) => void): { action: number; category: number } {
  const wrong = { action: 0, category: 0 }
  for (const { response, stage, action, category, also = [] } of replies) {
    const found = getBounceInfo({ response, stage })
    if (found.action !== action) wrong.action++
    const isRight = found.category === category || also.includes(found.category)
    if (!isRight) wrong.category++
    if (found.action !== action || !isRight) {
      report(`${action}/${category} taken for ${found.action}/${found.category} by ${found.decidedBy}: ${response}`)
    }
  }
  const accuracy = { action: 1 - wrong.action / replies.length, category: 1 - wrong.category / replies.length }
  report(`${replies.length} replies: action ${accuracy.action.toFixed(4)}, category ${accuracy.category.toFixed(4)}`)
  return accuracy
}

const corpus = read('smtp-responses')
const kinds = read('smtp-responses-2')
const collected = read('collected')
const collected2 = read('collected-2')
const collected3 = read('collected-3')
const heldOut = read('held-out')

/** Reduces a reply to what distinguishes it: two replies that differ only in numbers and addresses are the same. */
const essence = (response: string): string => response.toLowerCase().replace(/[\w.+-]+@[\w.-]+|\d+|\W+/g, ' ')

describe('labelled replies', () => {
  for (const [name, replies] of Object.entries({ corpus, kinds, collected, collected2, collected3 })) {
    test(`at least 99.5 % of the ${name} get the right action, 97 % the right category`, (t) => {
      const { action, category } = measure(replies, (line) => t.diagnostic(line))
      assert.ok(action >= 0.995)
      assert.ok(category >= 0.97)
    })
  }

  test('the collected replies together', (t) => {
    const { action } = measure([...collected, ...collected2, ...collected3], (line) => t.diagnostic(line))
    assert.ok(action >= 0.995)
  })

  test('replies that the rules were not derived from are classified almost as well', (t) => {
    assert.ok(heldOut.length >= 60)
    const { action, category } = measure(heldOut, (line) => t.diagnostic(line))
    assert.ok(action >= 0.99)
    assert.ok(category >= 0.95)
  })

  test('the held-out replies are not in the corpus', () => {
    const known = new Set(corpus.map(({ response }) => essence(response)))
    assert.deepEqual(
      heldOut.filter(({ response }) => known.has(essence(response))),
      [],
    )
  })
})
