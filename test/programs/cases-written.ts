import { written } from './case.ts'
import type { ProgramCase } from './case.ts'

const base64 = (length: number): string => Buffer.alloc(length, 'scan').toString('base64')
const crlf = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`
const utf8 = (text: string): string => Buffer.from(text).toString('latin1')
const HEAD = ['From: FROM_ADDRESS', 'To: TO_ADDRESS']

/** What machines and programs that do not run here were seen to write. */
export const WRITTEN: ProgramCase[] = [
  written(
    '.NET SmtpClient',
    crlf(
      'MIME-Version: 1.0',
      ...HEAD,
      'Date: 27 Nov 2026 09:00:00 +0100',
      'Subject: =?utf-8?B?R3LDvMOfZQ==?=',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Gr=C3=BC=C3=9Fe',
    ),
  ),
  written(
    'PowerShell, a here-string in Windows line ends written in text mode',
    crlf(...HEAD, 'Subject: twice', 'X-Job: nightly', '', 'one', '', 'two').replaceAll('\r\n', '\r\r\n'),
  ),
  written(
    'a scanner with a fixed form',
    crlf(
      'From: "Scanner 3rd floor" <FROM_ADDRESS>',
      'To: TO_ADDRESS',
      'Subject: Scanned document',
      'Date: Fri,27 Nov 2026 9:00:00',
      'Mime-Version: 1.0',
      'Content-Type: multipart/mixed;boundary="DeviceBoundary"',
      '',
      '--DeviceBoundary',
      'Content-Type: application/pdf;name="scan.pdf"',
      'Content-Transfer-Encoding: base64',
      '',
      base64(9000),
      '--DeviceBoundary--',
    ),
  ),
  written(
    'a NAS, lines in LF',
    crlf(...HEAD, 'Subject: Disk 1 is degraded', '', 'see the log').replaceAll('\r\n', '\n'),
  ),
  written(
    'a UPS, CR alone as on old Macs',
    crlf(...HEAD, 'Subject: on battery', '', 'power is out').replaceAll('\r\n', '\r'),
  ),
  written(
    'a shop, HTML in one line of 9 KB',
    crlf(
      ...HEAD,
      'Subject: order',
      'Content-Type: text/html',
      '',
      `<table>${'<tr><td>7 pieces of something</td></tr>'.repeat(230)}</table>`,
    ),
  ),
  written(
    'a mailing by a web form, 60 recipients in To without blanks',
    crlf(
      'From: FROM_ADDRESS',
      `To: TO_ADDRESS,${Array.from({ length: 60 }, (_, at) => `somebody${at}@remote.test`).join(',')}`,
      'Subject: all of you',
      '',
      'x',
    ),
  ),
  written(
    'Delphi (Indy), Latin-1 in the header',
    crlf(...HEAD, 'Subject: Gr\xfc\xdfe', 'X-Library: Indy 9.00.10', '', 'Gr\xfc\xdfe'),
  ),
  written(
    'a report, quoted-printable in one line',
    crlf(
      ...HEAD,
      'Subject: report',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '=C3=A9a '.repeat(400).trim(),
    ),
  ),
  written(
    'a help desk, a long thread',
    crlf(
      ...HEAD,
      `References: ${'<CAF0123456789+abcdef@mail.example.test>'.repeat(40)}`,
      'Subject: Re: Re: Re: it',
      '',
      'x',
    ),
  ),
  written(
    'a help desk, a VERP address in Reply-To',
    crlf(...HEAD, `Reply-To: reply+${'A'.repeat(90)}@reply.example.test`, 'Subject: a comment', '', 'x'),
  ),
  written(
    'a name with a comma and no quotes',
    crlf('From: App, Inc. <FROM_ADDRESS>', 'To: TO_ADDRESS', 'Subject: x', '', 'x'),
    {
      refused: /in quotation marks: "App, Inc\." <app@sender\.test>/,
    },
  ),
  written('raw UTF-8 in the subject', crlf(...HEAD, `Subject: ${utf8('Grüße')}`, '', utf8('Grüße'))),
  written('a web form with a CR in the subject', crlf(...HEAD, 'Subject: hello\rBcc: everybody@remote.test', '', 'x')),
]
