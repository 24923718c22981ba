/** An estimate of the registered domain of a name: the last two labels, or three if the last two look like a public suffix (`co.uk`,
 * `com.au`, `ac.jp`). All lookups in a zone share a limit, however many names it has. A wrong guess makes the limit wider or narrower: the
 * names below `uk.com` are one zone here, although they have many owners. */
export function zoneOf(name: string): string {
  const labels = name.split('.')
  const [second = '', top = ''] = labels.slice(-2)
  const isSuffix = top.length === 2 && (second.length <= 3 || SECOND_LEVEL.has(second))
  return labels.slice(isSuffix ? -3 : -2).join('.')
}

/** The last three labels of a name. A branch has a single owner even where many owners share a zone, as below `uk.com` or `eu.org`. */
export const branchOf = (name: string): string => name.split('.').slice(-3).join('.')

const SECOND_LEVEL = new Set(['info', 'muni', 'firm', 'asso', 'mobi', 'name'])
