import type { Behaviour } from '../behaviour.ts'

/** A failing name server does not cause a bounce, and a slow one is waited for. */
export const DNS: Behaviour[] = [
  {
    name: 'no-domain',
    what: 'the domain does not exist',
    domains: { a: {} },
    wanted: { state: 'failed', status: /^5\.1\.2$/ },
  },
  {
    name: 'mx-nonexistent',
    what: 'no MX exists by its name',
    domains: { a: { mx: ['10 none1', '20 none2', '30 none3'] } },
    wanted: { state: 'failed', status: /^5\.4\.4$/ },
  },
  {
    name: 'mx-nonexistent-servfail',
    what: 'no MX exists by its name, but for one that gets SERVFAIL',
    domains: { a: { mx: ['10 none1', '20 trouble', '30 none3'], faults: { trouble: { answer: 'SERVFAIL' } } } },
    wanted: { state: 'deferred' },
  },
  {
    name: 'mx-nonexistent-first',
    what: 'the best MX does not exist, the next one does',
    hosts: { mx2: {} },
    domains: { a: { mx: ['10 none', '20 mx2'] } },
    wanted: { state: 'delivered', at: ['mx2'], attempts: 1 },
  },
  {
    name: 'mx-servfail-first',
    what: 'the best MX gets SERVFAIL, the next one works',
    hosts: { mx2: {} },
    domains: { a: { mx: ['10 trouble', '20 mx2'], faults: { trouble: { answer: 'SERVFAIL' } } } },
    wanted: { state: 'delivered', at: ['mx2'] },
  },
  {
    name: 'servfail',
    what: 'SERVFAIL for the domain',
    domains: { a: { faults: { '@': { answer: 'SERVFAIL' } } } },
    wanted: { state: 'deferred', status: /^4\.4\.3$/ },
  },
  {
    name: 'refused',
    what: 'REFUSED for the domain',
    domains: { a: { faults: { '@': { answer: 'REFUSED' } } } },
    wanted: { state: 'deferred', status: /^4\.4\.3$/ },
  },
  {
    name: 'mx-ok-a-servfail',
    what: 'SERVFAIL for the MX question, though there is an address',
    hosts: { mx1: {} },
    domains: { a: { addresses: { '@': ['mx1'] }, faults: { '@': { type: 'MX', answer: 'SERVFAIL' } } } },
    wanted: { state: 'deferred', status: /^4\.4\.3$/ },
  },
  ...[2, 4].map((seconds): Behaviour => ({
    name: `slow-${seconds}-s`,
    what: `each answer about the domain and its MX takes ${seconds} s`,
    hosts: { mx1: {} },
    domains: {
      a: { mx: ['10 mx1'], faults: { '@': { delayMs: seconds * 1000 }, mx1: { delayMs: seconds * 1000 } } },
    },
    wanted: { state: 'delivered', attempts: 1 },
    seconds: 40,
  })),
  {
    name: 'silent',
    what: 'the name server does not answer for the domain',
    domains: { a: { faults: { '@': { answer: 'silence' } } } },
    wanted: { state: 'deferred', status: /^4\.4\.3$/ },
    seconds: 60,
    slow: true,
  },
  {
    name: 'silent-primary',
    what: 'the name server does not answer for the best MX; the next one works',
    hosts: { mx2: {} },
    domains: { a: { mx: ['10 silent', '20 mx2'], faults: { silent: { answer: 'silence' } } } },
    wanted: { state: 'delivered', at: ['mx2'] },
    seconds: 60,
    slow: true,
  },
  {
    name: 'silent-aaaa',
    what: 'the name server does not answer for IPv6 addresses',
    hosts: { mx1: {} },
    domains: { a: { mx: ['10 mx1'], faults: { mx1: { type: 'AAAA', answer: 'silence' } } } },
    wanted: { state: 'delivered' },
    seconds: 60,
    slow: true,
  },
]
