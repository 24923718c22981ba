import 'reflect-metadata'
import { createHash, createPrivateKey, sign } from 'node:crypto'
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  CMSVersion,
  ContentInfo,
  DigestAlgorithmIdentifier,
  DigestAlgorithmIdentifiers,
  EncapsulatedContent,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignatureAlgorithmIdentifier,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
  id_contentType,
  id_data,
  id_messageDigest,
  id_signedData,
} from '@peculiar/asn1-cms'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { Certificate } from '@peculiar/asn1-x509'
import { PemConverter } from '@peculiar/x509'
import type { CertificateFiles } from './certificate.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
/** The signature algorithms for a SHA-256 digest, by the type of the key (RFC 5754, 3.2 and 3.3). */
const SIGNATURES: Record<string, { algorithm: string; parameters?: null }> = {
  rsa: { algorithm: '1.2.840.113549.1.1.11', parameters: null },
  ec: { algorithm: '1.2.840.10045.4.3.2' },
}

/** The key's type is not supported for signing. */
export class UnsuitableKeyError extends Error {
  override readonly name = 'UnsuitableKeyError'
  readonly type: string
  constructor(type: string) {
    super(`a key of type ${type} cannot sign; RSA and ECDSA can`)
    this.type = type
  }
}

/** Signs content; returns the content with its signature, the certificate and its chain (CMS SignedData, RFC 5652, DER). Throws
 * UnsuitableKeyError. */
export function signCms(content: Buffer, { cert, key }: CertificateFiles): Buffer {
  const privateKey = createPrivateKey(key)
  const signature = SIGNATURES[privateKey.asymmetricKeyType ?? '']
  if (signature === undefined) throw new UnsuitableKeyError(privateKey.asymmetricKeyType ?? 'unknown')
  const chain = PemConverter.decode(cert).map((der) => AsnConvert.parse(der, Certificate))
  const [signer] = chain
  if (signer === undefined) throw new Error('unreachable: readCertificate has found one')
  const digestAlgorithm = new DigestAlgorithmIdentifier({ algorithm: SHA256 })
  const attributes = signedAttributes(createHash('sha256').update(content).digest())
  const { issuer, serialNumber } = signer.tbsCertificate
  const signed = new SignedData({
    version: CMSVersion.v1,
    digestAlgorithms: new DigestAlgorithmIdentifiers([digestAlgorithm]),
    encapContentInfo: new EncapsulatedContentInfo({
      eContentType: id_data,
      eContent: new EncapsulatedContent({ single: new OctetString(content) }),
    }),
    certificates: new CertificateSet(chain.map((certificate) => new CertificateChoices({ certificate }))),
    signerInfos: new SignerInfos([
      new SignerInfo({
        version: CMSVersion.v1,
        sid: new SignerIdentifier({ issuerAndSerialNumber: new IssuerAndSerialNumber({ issuer, serialNumber }) }),
        digestAlgorithm,
        signedAttrs: attributes.map(({ attribute }) => attribute),
        signatureAlgorithm: new SignatureAlgorithmIdentifier(signature),
        signature: new OctetString(sign('sha256', setOf(attributes.map(({ der }) => der)), privateKey)),
      }),
    ]),
  })
  const whole = new ContentInfo({ contentType: id_signedData, content: AsnConvert.serialize(signed) })
  return Buffer.from(AsnConvert.serialize(whole))
}

/** The signed attributes in the order of their encodings, which DER requires of a set (X.690, 11.6). */
function signedAttributes(digest: Buffer): { attribute: Attribute; der: Buffer }[] {
  // The content type is an OBJECT IDENTIFIER, the digest an OCTET STRING (RFC 5652, 11.1 and 11.2).
  const type = Buffer.from('06092a864886f70d010701', 'hex')
  const message = Buffer.from(AsnConvert.serialize(new OctetString(digest)))
  return [
    new Attribute({ attrType: id_contentType, attrValues: [exact(type)] }),
    new Attribute({ attrType: id_messageDigest, attrValues: [exact(message)] }),
  ]
    .map((attribute) => ({ attribute, der: Buffer.from(AsnConvert.serialize(attribute)) }))
    .sort((a, b) => Buffer.compare(a.der, b.der))
}

/** Copies octets to memory of their own: small Buffers share theirs. */
const exact = (octets: Buffer): ArrayBuffer => new Uint8Array(octets).buffer

/** The encoding of the set itself, which is signed instead of its form in the SignerInfo (RFC 5652, 5.4). Both attributes together are
 * shorter than 128 octets. */
function setOf(members: Buffer[]): Buffer {
  const inner = Buffer.concat(members)
  if (inner.length > 127) throw new Error('unreachable: two attributes with a digest of 32 octets')
  return Buffer.concat([Buffer.from([0x31, inner.length]), inner])
}
