/** The part of node-forge that this room uses: its ASN.1 layer alone, which loads in half the time of the whole. */
declare module 'node-forge/lib/asn1.js' {
  namespace asn1 {
    interface Asn1 {
      readonly tagClass: number;
      readonly type: number;
      readonly constructed: boolean;
      /** Children when constructed; else one character for each octet (for each pair of octets in tag number 30). */
      readonly value: readonly Asn1[] | string;
    }
    interface FromDerOptions {
      readonly strict: boolean;
      readonly parseAllBytes: boolean;
      readonly decodeBitStrings: boolean;
      readonly maxDepth: number;
    }
    function fromDer(bytes: string, options: FromDerOptions): Asn1;
  }
  export = asn1;
}
