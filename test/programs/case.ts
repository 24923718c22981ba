/** A program that sends mail, as people and machines run it. */
export interface ProgramCase {
  name: string
  /** [program, Debian package] that must be there. */
  needs?: [program: string, packageName: string][]
  /** For bash, in a folder of its own. Known to it: HOST, PORT (TLS from the first octet), LOGIN, PASSWORD, CA, FROM, TO;
   * the password is in the file `password` as well. */
  script: string
  /** It is refused by Postrider on purpose, with a reply that matches. */
  refused?: RegExp
}

/** A message that a program was seen to write, sent by curl octet for octet: for programs that do not run here. */
export const written = (name: string, message: string, rest: Partial<ProgramCase> = {}): ProgramCase => ({
  name,
  needs: [['curl', 'curl']],
  script: `printf '%s' "$MESSAGE" | base64 -d | sed "s/TO_ADDRESS/$TO/;s/FROM_ADDRESS/$FROM/" > message
${curl('-v')} -T message`.replace('$MESSAGE', Buffer.from(message, 'latin1').toString('base64')),
  ...rest,
})

export const curl = (options: string): string =>
  `curl -sS ${options} --cacert "$CA" --url "smtps://$HOST:$PORT" --user "$LOGIN:$PASSWORD" --mail-from "$FROM" --mail-rcpt "$TO"`
