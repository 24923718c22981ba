import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubjectNames } from '@postrider/tls/host-names'
import { RefusalError } from '@postrider/smtp/refusal'
import { credentialConfig, runtimeConfig } from '../../../test/support/runtime-config.ts'
import { loginOfCertificate } from './authenticate-certificate.ts'

const config = runtimeConfig({
  credentials: [
    credentialConfig({ address: 'app@sender.test', certificateNames: ['printer.sender.test', 'app@sender.test'] }),
    credentialConfig({ address: 'none@sender.test' }),
    credentialConfig({ address: 'other@sender.test', certificateNames: ['urn:other'] }),
  ],
})
const login = (authorization: string, names: Partial<SubjectNames>): string => {
  try {
    return loginOfCertificate({ authorization, names: { dns: [], emails: [], uris: [], ...names } }, config)
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error
    return `${error.responseCode} ${error.status}`
  }
}

test('a certificate logs in as a credential that lists one of its names', () => {
  assert.equal(login('app@sender.test', { dns: ['x.test', 'printer.sender.test'] }), 'app@sender.test')
  assert.equal(login('App@Sender.test', { dns: ['printer.sender.test'] }), 'app@sender.test')
  assert.equal(login('other@sender.test', { uris: ['urn:other'] }), 'other@sender.test')
})

test('without a user name it is the credential that the certificate is for', () => {
  assert.equal(login('', { emails: ['nobody@sender.test', 'app@sender.test'] }), 'app@sender.test')
  assert.equal(login('', { dns: ['printer.sender.test'] }), '535 5.7.8')
})

test("a CA's word that somebody is the address is not enough", () => {
  assert.equal(login('', { emails: ['none@sender.test'] }), '535 5.7.8')
  assert.equal(login('none@sender.test', { emails: ['none@sender.test'] }), '535 5.7.8')
})

test('the names of one credential do not log in as another, and who exists cannot be told', () => {
  assert.equal(login('other@sender.test', { dns: ['printer.sender.test'] }), '535 5.7.8')
  assert.equal(login('unknown@sender.test', { dns: ['printer.sender.test'] }), '535 5.7.8')
})
