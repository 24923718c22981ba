import { curl } from './case.ts'
import type { ProgramCase } from './case.ts'

const CURL: ProgramCase['needs'] = [['curl', 'curl']]
const MSMTP: ProgramCase['needs'] = [['msmtp', 'msmtp']]
const MUTT: ProgramCase['needs'] = [['mutt', 'mutt']]
const SWAKS: ProgramCase['needs'] = [['swaks', 'swaks']]

const HEADER = 'From: App <$FROM>\\nTo: <$TO>\\nSubject: a test'

const msmtp = (options: string): string =>
  `msmtp ${options} --host="$HOST" --port="$PORT" --tls=on --tls-starttls=off --tls-trust-file="$CA" --auth=on --user="$LOGIN" --passwordeval="cat $PWD/password" --from="$FROM"`

const mutt = (options: string): string => `cat > muttrc <<END
set smtp_url="smtps://$(printf %s "$LOGIN" | sed s/@/%40/)@$HOST:$PORT/" smtp_pass="$PASSWORD" ssl_ca_certificates_file="$CA"
set from="$FROM" realname="App" copy=no ssl_verify_host=yes ssl_usesystemcerts=no
END
mutt -n -F muttrc ${options} -- "$TO"`

const swaks = (options: string): string =>
  `swaks --server "$HOST:$PORT" --tlsc --tls-verify --tls-ca-path "$CA" --auth PLAIN --auth-user "$LOGIN" --auth-password "$PASSWORD" --from "$FROM" --to "$TO" ${options}`

/** A file that curl sends, with these line ends in it. */
const curlFile = (option: '' | '--crlf', ends: 'LF' | 'CRLF'): ProgramCase => ({
  name: `curl${option === '' ? '' : ` ${option}`}, a file with ${ends}`,
  needs: CURL,
  script: `printf "${HEADER}\\n\\none\\n\\ntwo\\n" ${ends === 'CRLF' ? `| sed 's/$/\\r/' ` : ''}> mail; ${curl(option)} -T mail`,
})

/** What people type into a shell. */
export const SHELL: ProgramCase[] = [
  { name: 'swaks', needs: SWAKS, script: swaks('') },
  {
    name: 'swaks, a file attached',
    needs: SWAKS,
    script: `head -c 20000 /dev/zero > zeros; ${swaks('--attach @zeros')}`,
  },
  {
    name: 'swaks, a subject in UTF-8 and dots in the body',
    needs: SWAKS,
    script: swaks(`--header 'Subject: Grüße' --body $'.\\n..\\n.end\\nFrom here'`),
  },
  curlFile('', 'LF'),
  curlFile('', 'CRLF'),
  curlFile('--crlf', 'LF'),
  curlFile('--crlf', 'CRLF'),
  {
    name: 'curl, parts by -F',
    needs: CURL,
    script: `echo data > data.txt; ${curl('')} -H "From: <$FROM>" -H "To: <$TO>" -H 'Subject: parts' -F '=text of the mail;type=text/plain' -F 'file=@data.txt;type=text/plain;encoder=base64'`,
  },
  {
    name: 'msmtp -t, two Bcc fields',
    needs: MSMTP,
    script: `printf "${HEADER}\\nBcc: \\nCc: \\nBcc:\\n\\none\\n" | ${msmtp('-t')}`,
  },
  {
    name: 'msmtp, without Date and Message-ID',
    needs: MSMTP,
    script: `printf "${HEADER}\\n\\none\\n" | ${msmtp('')} "$TO"`,
  },
  {
    name: 'msmtp, the first line of an mbox',
    needs: MSMTP,
    script: `printf "From $FROM Fri Nov 27 09:00:00 2026\\n${HEADER}\\n\\none\\nFrom two\\n" | ${msmtp('')} "$TO"`,
  },
  {
    name: 'msmtp, an empty line first',
    needs: MSMTP,
    script: `printf "\\n${HEADER}\\n\\none\\n" | ${msmtp('')} "$TO"`,
  },
  {
    name: 'msmtp, a byte order mark first',
    needs: MSMTP,
    script: `printf "\\xef\\xbb\\xbf${HEADER}\\n\\none\\n" | ${msmtp('')} "$TO"`,
  },
  {
    name: 'a sendmail-style pipe: bsd-mailx through msmtp',
    needs: [...MSMTP, ['bsd-mailx', 'bsd-mailx']],
    script: `cat > sendmail <<END
#!/bin/sh
exec ${msmtp('-t -i').replaceAll('"', '\\"')} 
END
sed -i 's/\\\\"/"/g' sendmail; chmod +x sendmail
printf 'set sendmail=%s/sendmail\\n' "$PWD" > mailrc
echo "disk is full" | HOME=$PWD MAILRC=mailrc bsd-mailx -a "From: $FROM" -s 'from a script' "$TO"; sleep 1`,
  },
  {
    name: 'a cron job of Debian, by sendmail -i',
    needs: MSMTP,
    script: `printf 'From: root (Cron Daemon)\\nTo: root\\nSubject: Cron <root@host> test -x /usr/sbin/anacron\\nMIME-Version: 1.0\\nContent-Type: text/plain; charset=UTF-8\\nContent-Transfer-Encoding: 8bit\\nX-Cron-Env: <SHELL=/bin/sh>\\nX-Cron-Env: <HOME=/root>\\n\\noutput\\n' | ${msmtp('-i')} "$TO"`,
    refused: /"root" in the From field is not a full address; write name@domain/,
  },
  {
    name: 'a cron job of Debian with MAILFROM',
    needs: MSMTP,
    script: `printf "From: $FROM (Cron Daemon)\\nTo: $TO\\nSubject: Cron <root@host> test -x /usr/sbin/anacron\\nMIME-Version: 1.0\\nContent-Type: text/plain; charset=UTF-8\\nContent-Transfer-Encoding: 8bit\\nX-Cron-Env: <SHELL=/bin/sh>\\nX-Cron-Env: <HOME=/root>\\n\\noutput\\n" | ${msmtp('-i')} "$TO"`,
  },
  { name: 'mutt', needs: MUTT, script: `echo text | ${mutt("-s 'a subject'")}` },
  {
    name: 'mutt, UTF-8 and a file attached',
    needs: MUTT,
    script: `printf 'line\\n%.0s' $(seq 200) > big.txt; echo Grüße | LC_ALL=C.UTF-8 ${mutt("-s 'Grüße aus München' -a big.txt")}`,
  },
  {
    name: 'git send-email',
    needs: [['../lib/git-core/git-send-email', 'git-email']],
    script: `git init -q . && git config user.name App && git config user.email "$FROM"
printf 'a\\n' > f; git add f; GIT_COMMITTER_NAME=App git commit -qm 'Fix the über-bug'; git format-patch -q --root
git -c sendemail.smtpserver="$HOST" -c sendemail.smtpserverport="$PORT" -c sendemail.smtpencryption=ssl -c sendemail.smtpsslcertpath="$CA" -c sendemail.smtpuser="$LOGIN" -c sendemail.smtppass="$PASSWORD" -c sendemail.confirm=never send-email --from="$FROM" --to="$TO" --suppress-cc=all --8bit-encoding=UTF-8 0001-*.patch`,
  },
  {
    name: 's-nail',
    needs: [['s-nail', 's-nail']],
    script: `echo text | s-nail -n -S v15-compat -S "mta=smtps://$HOST:$PORT" -S smtp-auth=plain -S "user=$LOGIN" -S "password=$PASSWORD" -S tls-ca-file="$CA" -S tls-verify=strict -S "from=$FROM" -s 'Grüße' -r "$FROM" "$TO"`,
  },
  {
    name: 'openssl s_client and printf',
    needs: [['openssl', 'openssl']],
    script: `step() { printf '%s\\r\\n' "$1"; sleep 0.3; }
{ sleep 0.3; step 'EHLO my laptop'; step "AUTH PLAIN $(printf '\\0%s\\0%s' "$LOGIN" "$PASSWORD" | base64 -w0)"; step "MAIL FROM:< $FROM >"; step "RCPT TO: <$TO>"; step DATA; printf "${HEADER}\\n\\nby hand\\n" | sed 's/$/\\r/'; step .; step QUIT; } | openssl s_client -quiet -connect "$HOST:$PORT" -CAfile "$CA" -verify_return_error 2>/dev/null`,
  },
]
