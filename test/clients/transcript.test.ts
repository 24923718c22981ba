import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Transcript } from './transcript.ts'

const SESSION: ['client' | 'server', string][] = [
  ['server', '220 ready\r\n'],
  ['client', 'EHLO a\r\n'],
  ['server', '250-b\r\n250 SIZE\r\n'],
  ['client', 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n'],
  ['server', '250 ok\r\n250 ok\r\n354 go on\r\n'],
  ['client', 'Subject: x\r\n\r\n..a dot\r\nDATA\r\n.b\r\n..\r\n'],
  ['client', '.\r\nQUIT\r\n'],
]

test('a transcript holds commands and the content without its dots, however it is cut', () => {
  for (const size of [1, 2, 3, 7, 1000]) {
    const transcript = new Transcript()
    for (const [who, text] of SESSION) {
      if (who === 'server') transcript.server(Buffer.from(text))
      else for (let at = 0; at < text.length; at += size) transcript.client(Buffer.from(text.slice(at, at + size)))
    }
    assert.deepEqual(transcript.commands, ['EHLO a', 'MAIL FROM:<a@b>', 'RCPT TO:<c@d>', 'DATA', 'QUIT'])
    assert.deepEqual(transcript.contents, ['Subject: x\r\n\r\n.a dot\r\nDATA\r\n.b\r\n.\r\n'])
  }
})

test('a 220 to STARTTLS is seen, and no other', () => {
  const transcript = new Transcript()
  transcript.server(Buffer.from('220 ready\r\n'))
  assert.equal(transcript.startsTls, false)
  transcript.client(Buffer.from('starttls\r\n'))
  transcript.server(Buffer.from('454 not now\r\n'))
  assert.equal(transcript.startsTls, false)
  transcript.server(Buffer.from('220 go ahead\r\n'))
  assert.equal(transcript.startsTls, true)
})
