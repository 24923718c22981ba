/** What stands for the owner of a name, as far as it can be told from the name alone: the last two labels, or three where the last
 * two look like a public suffix (`co.uk`, `com.au`, `ac.jp`). Lookups below one owner's name share a limit, however many names
 * there are. A wrong guess makes a limit wider or narrower and nothing else. */
export function zoneOf(name: string): string {
  const labels = name.split('.')
  const [second = '', top = ''] = labels.slice(-2)
  const isSuffix = top.length === 2 && (second.length <= 3 || SECOND_LEVEL.has(second))
  return labels.slice(isSuffix ? -3 : -2).join('.')
}

const SECOND_LEVEL = new Set(['info', 'muni', 'firm', 'asso', 'mobi', 'name'])
