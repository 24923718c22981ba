/** A fenced block of a guide that names what it is after its language: ```` ```js send.mjs ````. */
interface Block {
  language: string
  /** What stands after the language. */
  name: string
  text: string
}

/** One way to send that a guide shows: a shell script that is run in the folder of the guide's files. */
export interface Way {
  /** What tells it from the guide's others; may be empty. */
  label: string
  script: string
}

/** What a guide for a client tells its reader to write, and what to expect. */
export interface Guide {
  title: string
  /** Contents by file name. */
  files: Record<string, string>
  ways: Way[]
  /** Shell lines that make the client trust a CA of one's own; run before a way's script. */
  trust: string
  /** Shell lines that are run after a service of the guide answers, in place of looking at its end. */
  request?: string
  /** Lines that the guide promises, by mishap: every one must be in the client's output. */
  mishaps: Partial<Record<Mishap, string[]>>
}

/** Mishaps that a guide may name with a block ```` ```text MISHAP ````. */
export type Mishap = 'wrong-password' | 'wrong-sender' | 'unknown-ca'
const MISHAPS: readonly string[] = ['wrong-password', 'wrong-sender', 'unknown-ca']

/** A guide can't be run as its reader would run it. */
export class GuideUnclear extends Error {
  override readonly name = 'GuideUnclear'
}

/** Reads what a guide in Markdown tells its reader. Blocks without a name are prose. Throws GuideUnclear. */
export function readGuide(markdown: string): Guide {
  const title = /^# (.+)$/m.exec(markdown)?.[1]
  if (title === undefined) throw new GuideUnclear('the guide has no title')
  const guide: Guide = { title, files: {}, ways: [], trust: '', mishaps: {} }
  for (const block of blocks(markdown)) take(guide, block)
  if (guide.ways.length === 0) throw new GuideUnclear(`${title}: no block \`\`\`sh run says how it is started`)
  if (guide.trust === '') throw new GuideUnclear(`${title}: no block \`\`\`sh trust says how a CA is trusted`)
  return guide
}

function take(guide: Guide, { language, name, text }: Block): void {
  const [first = '', ...rest] = name.split(' ')
  if (language === 'sh' && first === 'run') guide.ways.push({ label: rest.join(' '), script: text })
  else if (language === 'sh' && name === 'trust') guide.trust = text
  else if (language === 'sh' && name === 'request') guide.request = text
  else if (language === 'text' && MISHAPS.includes(name)) guide.mishaps[name as Mishap] = text.trimEnd().split('\n')
  else if (name in guide.files) throw new GuideUnclear(`${guide.title}: two blocks are called ${name}`)
  else if (isFileName(name)) guide.files[name] = text
  else throw new GuideUnclear(`${guide.title}: a block is called "${name}", which is neither a file nor known`)
}

const isFileName = (name: string): boolean => /^[\w.-]+(?:\/[\w.-]+)*$/.test(name) && !name.includes('..')

function blocks(markdown: string): Block[] {
  const found = markdown.matchAll(/^```(\w+) (\S.*)\n([^]*?)^```$/gm)
  return Array.from(found, ([, language = '', name = '', text = '']) => ({ language, name, text }))
}

/** What stands in the guides for a reader's own values; docs/integrations/README.md tells of them. */
export interface Values {
  host: string
  submissions: number
  submission: number
  username: string
  password: string
  caFile: string
}

/** Puts a reader's values where the guides have their placeholders. In a URL they are percent-encoded, as the guides say. */
export function fillIn(text: string, values: Values): string {
  const line = (given: string): string => {
    const encode = /\bsmtps?:\/\//.test(given) ? encodeURIComponent : (value: string) => value
    return given
      .replaceAll('your-username', () => encode(values.username))
      .replaceAll('your-password', () => encode(values.password))
      .replaceAll('smtp.example.com', values.host)
      .replaceAll('/path/to/ca.pem', () => values.caFile)
      .replace(/\b465\b/g, String(values.submissions))
      .replace(/\b587\b/g, String(values.submission))
  }
  return text.split('\n').map(line).join('\n')
}
