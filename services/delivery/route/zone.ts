/** What stands for the owner of a name, as far as the name alone shows: the last two labels, or three where the last
 * two look like a public suffix (`co.uk`, `com.au`, `ac.jp`). Lookups below one owner's name share a limit, however many names
 * there are. A wrong guess makes that limit wider or narrower: `uk.com` is one zone here, and its names belong to many owners. */
export function zoneOf(name: string): string {
  const labels = name.split('.')
  const [second = '', top = ''] = labels.slice(-2)
  const isSuffix = top.length === 2 && (second.length <= 3 || SECOND_LEVEL.has(second))
  return labels.slice(isSuffix ? -3 : -2).join('.')
}

/** What one owner's name servers answer for at most: the last three labels. Many owners may share a zone of two labels, as below
 * `uk.com` or `eu.org`. */
export const branchOf = (name: string): string => name.split('.').slice(-3).join('.')

const SECOND_LEVEL = new Set(['info', 'muni', 'firm', 'asso', 'mobi', 'name'])
