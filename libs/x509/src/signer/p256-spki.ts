/** A P-256 SubjectPublicKeyInfo by named curve up to its uncompressed point's coordinates (RFC 5480, section 2). */
export const p256SpkiPrefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');

/** Of the whole structure. */
export const p256SpkiOctets = p256SpkiPrefix.length + 64;
