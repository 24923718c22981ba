/** Sessions as clients hold them, as one text of lines: what is fuzzed is the order as well as each line. */

const envelope = 'MAIL FROM:<app@sender.test>\r\nRCPT TO:<kim@remote.test>\r\nDATA\r\n'
const content = 'From: app@sender.test\r\nTo: kim@remote.test\r\nSubject: fuzz\r\n\r\nline\r\n..dot\r\n.\r\n'

/** For a port where nobody logs in. */
export const OPEN_SESSIONS = [
  `EHLO fuzz.test\r\n${envelope}${content}QUIT\r\n`,
  `EHLO fuzz.test\r\n${envelope}${content}RSET\r\n${envelope}${content}QUIT\r\n`,
  `HELO fuzz\r\n${envelope}${content}NOOP\r\nQUIT\r\n`,
  'EHLO [IPv6:::1]\r\nMAIL FROM:<> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314\r\n' +
    'RCPT TO:<kim@remote.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;kim@remote.test\r\n' +
    `RCPT TO:<@a.test:"k m"@remote.test>\r\nDATA\r\n${content}QUIT\r\n`,
  'EHLO fuzz.test\r\nVRFY kim\r\nEXPN list\r\nHELP\r\nNOOP x\r\nBDAT 10 LAST\r\n0123456789QUIT\r\n',
  'EHLO fuzz.test\r\nMAIL FROM:<app@sender.test> HOLDFOR=2\r\nRCPT TO:<kim@remote.test>\r\n' +
    'BDAT 24\r\nFrom: app@sender.test\r\n\r\nBDAT 6 LAST\r\nbody\r\nQUIT\r\n',
  `EHLO fuzz.test\r\n${envelope}From: app@sender.test\r\n\r\nx\n.\r\nMAIL FROM:<evil@sender.test>\r\n.\r\nQUIT\r\n`,
] as const

/** For a port where a login is needed first; `login` is base64 of AUTH PLAIN. */
export const loginSessions = (login: string): readonly [string, ...string[]] => [
  `EHLO fuzz.test\r\nAUTH PLAIN ${login}\r\n${envelope}${content}QUIT\r\n`,
  `EHLO fuzz.test\r\nAUTH PLAIN\r\n${login}\r\n${envelope}${content}QUIT\r\n`,
  'EHLO fuzz.test\r\nAUTH LOGIN\r\nYXBwQHNlbmRlci50ZXN0\r\nd3Jvbmc=\r\nAUTH LOGIN\r\n*\r\nQUIT\r\n',
  `EHLO fuzz.test\r\nSTARTTLS\r\nEHLO again.test\r\nAUTH PLAIN =\r\n${envelope}QUIT\r\n`,
]
