import type { Images } from './platform.ts'
import type { Earlier } from './steps/upgrade.ts'

/** What main.ts, or whoever brings a cluster, says about images. */
export function settings(): {
  images: Images & { image: string }
  dnsImage: string
  state: string | undefined
  earlier: Earlier[]
} {
  const need = (name: string): string => {
    const value = process.env[name]
    if (value === undefined || value === '') throw new Error(`${name} is not set: run this by make e2e`)
    return value
  }
  const [repository, tag] = split(need('POSTRIDER_E2E_IMAGE'))
  const [brokerRepository, brokerTag] = split(need('POSTRIDER_E2E_BROKER_IMAGE'))
  return {
    images: { image: `${repository}:${tag}`, repository, tag, brokerRepository, brokerTag },
    dnsImage: need('POSTRIDER_E2E_DNS_IMAGE'),
    state: process.env['POSTRIDER_E2E_STATE'],
    earlier: need('POSTRIDER_E2E_EARLIER')
      .split(',')
      .map((commit) => ({ commit, tag: tagOf(commit) })),
  }
}

/** Tag of the image of an earlier commit. */
export const tagOf = (commit: string): string => `at-${commit}`

function split(image: string): [string, string] {
  const colon = image.lastIndexOf(':')
  return [image.slice(0, colon), image.slice(colon + 1)]
}
