import assert from 'node:assert/strict'
import { test } from 'node:test'
import { document, element, textOf } from './xml.ts'

test('whatever a value is, it stays a value', () => {
  const text = document(element('a', { b: '"<&>\'' }, '</a><evil/>'))
  assert.ok(text.endsWith('<a b="&quot;&lt;&amp;&gt;&apos;">&lt;/a&gt;&lt;evil/&gt;</a>\n'))
  assert.equal(textOf(text, 'a'), '</a><evil/>')
})

test('what has no place in a document is left out', () => {
  assert.ok(document(element('a', {}, 'x\u0000\u0008\ud800y\ufffe\u{1f600}')).includes('<a>xy\u{1f600}</a>'))
})

test('elements are indented, and text has no white space around it', () => {
  const text = document(element('a', {}, element('b', {}, 'x'), element('c', {})))
  assert.equal(text.split('\n').slice(1).join('\n'), '<a>\n  <b>x</b>\n  <c/>\n</a>\n')
})

test('the text of an element is found by any prefix, with its entities', () => {
  assert.equal(textOf('<x:Mail a="b"> kim&#64;remote&#x2E;test </x:Mail>', 'Mail'), 'kim@remote.test')
  assert.equal(textOf('<Mail>1 &lt; 2 &amp;amp;</Mail>', 'Mail'), '1 < 2 &amp;')
  assert.equal(textOf('<Mail>&#1114112;&unknown;</Mail>', 'Mail'), '&unknown;')
})

test('what is none is not found', () => {
  for (const text of ['', '<Mailbox>x</Mailbox>', '<Mail><b>x</b></Mail>', '<Mail>x', '<Mail/>'])
    assert.equal(textOf(text, 'Mail'), undefined, text)
})
