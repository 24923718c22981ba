/** Replacements for the reply texts of smtp-server, each with an enhanced status code (RFC 3463). */
const TEXTS = new Map<string, string>(
  Object.entries({
    'Error: command not recognized': '5.5.1 command not recognized',
    'You are no wizard!': '5.5.1 command not recognized',
    'Please pass, oh mighty wizard': '5.5.1 command not recognized',
    'Mere mortals must not mutter that mantra': '5.5.1 command not recognized',
    'Error: Invoking shell is not allowed. This incident will be reported.': '5.5.1 command not recognized',
    'Can not kill Mom': '5.5.1 command not recognized',
    'HTTP requests not allowed': '4.7.0 this is an SMTP server; HTTP is not supported',
    'Error: too many unrecognized commands': '4.7.0 too many unrecognized commands',
    'Error: too many unauthenticated commands': '4.7.0 too many commands before login',
    'Error: authentication Required': '5.7.0 log in with AUTH first',
    'Error: internal server error': '4.3.0 internal error; try again later',
    'Error: Bad hostname syntax': '5.5.4 the host name in EHLO is not valid',
    'Error: syntax: EHLO hostname': '5.5.4 syntax: EHLO hostname',
    'Error: Syntax: HELO hostname': '5.5.4 syntax: HELO hostname',
    'Timeout - closing connection': '4.4.2 no command received in time; closing the connection',
    'Server shutting down': '4.3.2 this server is shutting down; reconnect in a moment',
    'See https://tools.ietf.org/html/rfc5321 for details': '2.0.0 see RFC 5321 and RFC 6409 for the commands',
    'Error: Syntax: VRFY address': '5.5.4 syntax: VRFY address',
    'Try to send something. No promises though':
      '2.5.2 cannot verify the address; send the message and delivery will be attempted',
    'Error: syntax: STARTTLS': '5.5.4 STARTTLS has no parameters',
    'Error: TLS already active': '5.5.1 TLS is already active',
    'Error: Must issue a STARTTLS command first': '5.7.11 send STARTTLS first; passwords are accepted in TLS only',
    'Error: No identity changes permitted': '5.5.1 you are already logged in',
    'Error: Unrecognized authentication type': '5.5.4 this authentication mechanism is not offered; use PLAIN or LOGIN',
    'Error: need RCPT command': '5.5.1 no recipient was accepted; send RCPT TO first',
    'Error: syntax: AUTH PLAIN token': '5.5.4 syntax: AUTH PLAIN [initial-response]',
    'Error: syntax: AUTH LOGIN': '5.5.4 syntax: AUTH LOGIN [initial-response]',
    'Authentication aborted': '5.7.0 login cancelled',
    'Error: invalid userdata': '5.5.2 the response could not be decoded into a user name and password',
    'Error: missing username': '5.5.2 the user name is empty',
    'Error: Authentication credentials invalid': '5.7.8 wrong user name or password',
  }),
)

/** The replacement for a text of the library; undefined for any other text. */
export const ownText = (text: string): string | undefined => TEXTS.get(text)
