/** What smtp-server says by itself, in the words of this platform, each with its status (RFC 3463). */
const TEXTS = new Map<string, string>(
  Object.entries({
    'Error: command not recognized': '5.5.1 command not recognized',
    'You are no wizard!': '5.5.1 command not recognized',
    'Please pass, oh mighty wizard': '5.5.1 command not recognized',
    'Mere mortals must not mutter that mantra': '5.5.1 command not recognized',
    'Error: Invoking shell is not allowed. This incident will be reported.': '5.5.1 command not recognized',
    'Can not kill Mom': '5.5.1 command not recognized',
    'HTTP requests not allowed': '4.7.0 this is an SMTP server, and that was an HTTP request',
    'Error: too many unrecognized commands': '4.7.0 too many unrecognized commands',
    'Error: too many unauthenticated commands': '4.7.0 too many commands before a login',
    'Error: authentication Required': '5.7.0 log in first with AUTH',
    'Error: internal server error': '4.3.0 something failed here; try again later',
    'Error: Bad hostname syntax': '5.5.4 the host name in EHLO is not valid',
    'Error: syntax: EHLO hostname': '5.5.4 say EHLO and your host name',
    'Error: Syntax: HELO hostname': '5.5.4 say HELO and your host name',
    'Timeout - closing connection': '4.4.2 no command came in time; closing the connection',
    'Server shutting down': '4.3.2 this server is shutting down; connect again',
    'See https://tools.ietf.org/html/rfc5321 for details': '2.0.0 commands are those of RFC 5321 and RFC 6409',
    'Error: Syntax: VRFY address': '5.5.4 say VRFY and an address',
    'Try to send something. No promises though': '2.5.2 cannot verify the address; send the message and see',
    'Error: syntax: STARTTLS': '5.5.4 STARTTLS has no parameters',
    'Error: TLS already active': '5.5.1 TLS is active already',
    'Error: Must issue a STARTTLS command first': '5.7.11 say STARTTLS first; a password is not accepted without TLS',
    'Error: No identity changes permitted': '5.5.1 you are logged in already',
    'Error: Unrecognized authentication type': '5.5.4 this authentication mechanism is not offered; use PLAIN or LOGIN',
    'Error: need RCPT command': '5.5.1 no recipient was accepted; say RCPT TO first',
    'Error: syntax: AUTH PLAIN token': '5.5.4 say AUTH PLAIN and at most one response',
    'Error: syntax: AUTH LOGIN': '5.5.4 say AUTH LOGIN and at most one response',
    'Authentication aborted': '5.7.0 login cancelled',
    'Error: invalid userdata': '5.5.2 the response cannot be read as a user name and a password',
    'Error: missing username': '5.5.2 the user name is empty',
    'Error: Authentication credentials invalid': '5.7.8 wrong user name or password',
  }),
)

/** The text to send instead of one of the library's; undefined for one that is ours already. */
export const ownText = (text: string): string | undefined => TEXTS.get(text)
