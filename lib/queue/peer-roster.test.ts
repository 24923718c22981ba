import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeerRoster } from './peer-roster.ts'

test('a question is over when all known peers have answered', () => {
  const roster = new PeerRoster()
  assert.deepEqual(roster.missing(new Set()), [])
  roster.heard('a')
  roster.heard('b')
  assert.deepEqual(roster.missing(new Set(['a'])), ['b'])
  assert.deepEqual(roster.missing(new Set(['a', 'b'])), [])
})

test('a peer that does not answer three times in a row is not waited for until a message from it arrives', () => {
  const roster = new PeerRoster()
  roster.heard('a')
  roster.over(new Set())
  roster.over(new Set())
  assert.deepEqual(roster.missing(new Set()), ['a'])
  roster.over(new Set())
  assert.deepEqual(roster.missing(new Set()), [])
  roster.heard('a')
  assert.deepEqual(roster.missing(new Set()), ['a'])
})

test('an answer in between starts the count again', () => {
  const roster = new PeerRoster()
  roster.heard('a')
  for (let time = 0; time < 5; time++) {
    roster.over(new Set())
    roster.over(new Set())
    roster.heard('a')
  }
  assert.deepEqual(roster.missing(new Set()), ['a'])
})

test('the roster is bounded', () => {
  const roster = new PeerRoster()
  for (let count = 0; count < 5000; count++) roster.heard(`peer-${count}`)
  assert.equal(roster.missing(new Set()).length, 1000)
})
