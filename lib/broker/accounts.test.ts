import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountNames, accountRights, authConfig } from './accounts.ts'

const SHARDS = 2
const rights = accountRights(SHARDS)

/** Whether a subject is one that the pattern stands for. */
const matches = (pattern: string, subject: string): boolean =>
  new RegExp(
    `^${pattern
      .split('.')
      .map((token) => (token === '*' ? '[^.]+' : token === '>' ? '.+' : token.replace(/[$]/g, '\\$&')))
      .join('\\.')}$`,
  ).test(subject)
const who = (subject: string): string[] =>
  Object.entries(rights)
    .filter(([name, { publishes }]) => name !== 'admin' && publishes.some((pattern) => matches(pattern, subject)))
    .map(([name]) => name)
    .sort()

test('only who needs it may read, delete or write mail', () => {
  for (const shard of [0, 1]) {
    assert.deepEqual(who(`mail.${shard}.new`), ['ingress', 'notifier'])
    assert.deepEqual(who(`$JS.API.DIRECT.GET.MAIL_${shard}`), ['delivery', 'notifier'])
    assert.deepEqual(who(`$JS.API.STREAM.MSG.DELETE.MAIL_${shard}`), ['notifier'])
  }
  assert.deepEqual(who('$JS.API.DIRECT.GET.HELD'), ['cli', 'notifier'])
  assert.deepEqual(who('$JS.API.STREAM.MSG.DELETE.HELD'), ['notifier'])
})

test('no service changes the configuration or a stream, or hears the inbox of another', () => {
  for (const subject of [
    '$KV.config.platform',
    '$JS.API.STREAM.DELETE.MAIL_0',
    '$JS.API.STREAM.UPDATE.MAIL_0',
    '$JS.API.STREAM.PURGE.MAIL_0',
    '$JS.API.STREAM.CREATE.X',
    '_INBOX_cli.x',
  ])
    assert.deepEqual(who(subject), [], subject)
  for (const [name, { hears = [] }] of Object.entries(rights))
    if (name !== 'admin')
      assert.ok(
        hears.every((subject) => !subject.startsWith('_INBOX') && subject !== '>'),
        name,
      )
})

test('reputations, counts, due jobs and events are written by whom they are of', () => {
  assert.deepEqual(who('$KV.standing.x'), ['notifier'])
  assert.deepEqual(who('$KV.use.x'), ['ingress'])
  assert.deepEqual(who('$KV.cancelled.x'), ['cli', 'notifier'])
  assert.deepEqual(who('job.due'), ['cli', 'delivery', 'notifier'])
  assert.deepEqual(who('event.delivery'), ['delivery'])
})

test("the broker's configuration has each account with its own password", () => {
  const passwords = Object.fromEntries(accountNames(SHARDS).map((name) => [name, `password-of-${name}`]))
  const text = authConfig(passwords, SHARDS)
  for (const name of accountNames(SHARDS))
    assert.match(text, new RegExp(`user: ${name}, password: "password-of-${name}"`))
  for (const name of Object.keys(rights)) assert.ok(text.includes(`"_INBOX_${name}.>"`), name)
  const mayAnswer = text.split('\n    { user: ').filter((user) => user.includes('allow_responses: true'))
  assert.deepEqual(
    mayAnswer.map((user) => user.split(',')[0]),
    ['delivery', 'notifier'],
  )
})
