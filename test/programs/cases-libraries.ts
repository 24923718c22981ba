import type { ProgramCase } from './case.ts'

const PYTHON: ProgramCase['needs'] = [['python3', 'python3']]
const python = (message: string, send = 's.send_message(m)'): string => `cat > send.py <<'END'
import os, smtplib, ssl
from email.message import EmailMessage
e = os.environ
m = EmailMessage()
m['From'], m['To'], m['Subject'] = 'App <%s>' % e['FROM'], e['TO'], 'a subject'
${message}
with smtplib.SMTP_SSL(e['HOST'], int(e['PORT']), context=ssl.create_default_context(cafile=e['CA'])) as s:
    s.login(e['LOGIN'], e['PASSWORD'])
    ${send}
END
python3 send.py`

const go = (message: string): string => `cat > main.go <<'END'
package main

import ("crypto/tls"; "crypto/x509"; "fmt"; "net/smtp"; "os")

func check(err error) { if err != nil { fmt.Println(err); os.Exit(1) } }

func main() {
	e := os.Getenv
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(e("CA")); check(err)
	pool.AppendCertsFromPEM(pem)
	conn, err := tls.Dial("tcp", e("HOST")+":"+e("PORT"), &tls.Config{RootCAs: pool, ServerName: e("HOST")}); check(err)
	c, err := smtp.NewClient(conn, e("HOST")); check(err)
	check(c.Auth(smtp.PlainAuth("", e("LOGIN"), e("PASSWORD"), e("HOST"))))
	check(c.Mail(e("FROM"))); check(c.Rcpt(e("TO")))
	w, err := c.Data(); check(err)
	_, err = fmt.Fprintf(w, ${message}, e("FROM"), e("TO")); check(err)
	check(w.Close()); check(c.Quit())
}
END
GOFLAGS=-mod=mod GO111MODULE=off go run main.go`

const node = (message: string): string => `cat > send.mjs <<'END'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
const nodemailer = createRequire(process.env.ROOT + '/')('nodemailer')
const e = process.env
const transport = nodemailer.createTransport({
  host: e.HOST, port: Number(e.PORT), secure: true, auth: { user: e.LOGIN, pass: e.PASSWORD }, tls: { ca: readFileSync(e.CA) },
})
await transport.sendMail({ from: 'App <' + e.FROM + '>', to: e.TO, subject: 'a subject', ${message} })
transport.close()
END
"$NODE" send.mjs`

const GO: ProgramCase['needs'] = [['go', 'golang-go']]

/** What is written into programs. */
export const LIBRARIES: ProgramCase[] = [
  { name: 'Python smtplib, EmailMessage', needs: PYTHON, script: python("m.set_content('text\\n')") },
  {
    name: 'Python smtplib, UTF-8, HTML and a file',
    needs: PYTHON,
    script: python(
      "m.replace_header('Subject', 'Grüße')\nm.set_content('Grüße\\n' * 40)\nm.add_alternative('<p>Grüße</p>', subtype='html')\nm.add_attachment(bytes(range(256)) * 40, maintype='application', subtype='octet-stream', filename='ü.bin')",
    ),
  },
  {
    name: 'Python smtplib, SMTPUTF8 policy',
    needs: PYTHON,
    script: python(
      "from email.policy import SMTPUTF8\nm = EmailMessage(policy=SMTPUTF8)\nm['From'], m['To'], m['Subject'] = e['FROM'], e['TO'], 'Grüße'\nm.set_content('x\\n')",
      "s.send_message(m, mail_options=['SMTPUTF8', 'BODY=8BITMIME'])",
    ),
  },
  {
    name: 'Python smtplib, a string with LF and no Date',
    needs: PYTHON,
    script: python(
      '',
      "s.sendmail(e['FROM'], e['TO'], 'From: %s\\nTo: %s\\nSubject: x\\n\\n.\\ntext' % (e['FROM'], e['TO']))",
    ),
  },
  {
    name: 'Python smtplib, a login in capitals',
    needs: PYTHON,
    script: python("m.set_content('x')\ne['LOGIN'] = ' ' + e['LOGIN'].upper()"),
  },
  { name: 'Go net/smtp', needs: GO, script: go('"From: %s\\r\\nTo: %s\\r\\nSubject: Go\\r\\n\\r\\ntext\\r\\n"') },
  {
    name: 'Go net/smtp, UTF-8 in the header',
    needs: GO,
    script: go('"From: %s\\r\\nTo: %s\\r\\nSubject: Grüße\\r\\n\\r\\nÜber\\r\\n"'),
  },
  { name: 'Go net/smtp, LF', needs: GO, script: go('"From: %s\\nTo: %s\\nSubject: Go\\n\\n.\\ntext"') },
  {
    name: 'nodemailer, HTML and a file',
    script: node("text: 'Grüße', html: '<p>Grüße</p>', attachments: [{ filename: 'a.txt', content: 'a' }]"),
  },
  {
    name: 'nodemailer, 30 recipients in To and a long reference list',
    script: node(
      "references: Array.from({ length: 60 }, (_, at) => '<' + at + '.0123456789abcdef@mail.sender.test>'), text: 'x'",
    ),
  },
  {
    name: 'Perl Net::SMTP',
    needs: [['perl', 'perl']],
    script: `cat > send.pl <<'END'
use Net::SMTP; my %e = %ENV;
my $s = Net::SMTP->new($e{HOST}, Port => $e{PORT}, SSL => 1, SSL_ca_file => $e{CA}, Hello => 'my laptop') or die $@;
$s->auth($e{LOGIN}, $e{PASSWORD}) && $s->mail($e{FROM}) && $s->to($e{TO}) && $s->data() or die $s->message;
$s->datasend("From: $e{FROM}\\nTo: $e{TO}\\nSubject: Perl\\n\\n.\\ntext\\n"); $s->dataend() or die $s->message; $s->quit;
END
perl send.pl`,
  },
  {
    name: 'PHPMailer',
    needs: [['php', 'php-cli']],
    script: `cat > send.php <<'END'
<?php
require '/usr/share/php/libphp-phpmailer/autoload.php';
$m = new PHPMailer\\PHPMailer\\PHPMailer(true);
$m->isSMTP(); $m->Host = getenv('HOST'); $m->Port = getenv('PORT'); $m->SMTPSecure = 'ssl'; $m->SMTPAuth = true;
$m->Username = getenv('LOGIN'); $m->Password = getenv('PASSWORD'); $m->SMTPOptions = ['ssl' => ['cafile' => getenv('CA')]];
$m->CharSet = 'UTF-8'; $m->setFrom(getenv('FROM'), 'App, Inc.'); $m->addAddress(getenv('TO'));
$m->Subject = 'Grüße'; $m->isHTML(true); $m->Body = str_repeat('<p>Grüße</p>', 300); $m->AltBody = 'Grüße';
$m->send();
END
php send.php`,
  },
  {
    name: 'Ruby mail',
    needs: [['ruby', 'ruby-mail']],
    script: `cat > send.rb <<'END'
require 'mail'
e = ENV
Mail.defaults { delivery_method :smtp, address: e['HOST'], port: e['PORT'].to_i, user_name: e['LOGIN'], password: e['PASSWORD'], tls: true, ca_file: e['CA'], openssl_verify_mode: 'peer' }
Mail.deliver { from e['FROM']; to e['TO']; subject 'Grüße'; body 'text' }
END
ruby send.rb`,
  },
]
