import type { Images } from './platform.ts'

/** What main.ts, or whoever brings a cluster, says about images. */
export function settings(): {
  images: Images & { image: string }
  dnsImage: string
  state: string | undefined
  previous: string
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
    previous: need('POSTRIDER_E2E_PREVIOUS'),
  }
}

function split(image: string): [string, string] {
  const colon = image.lastIndexOf(':')
  return [image.slice(0, colon), image.slice(colon + 1)]
}
