/** The attributes that our names may hold. */
export type NameAttribute = 'CN' | 'O' | 'OU' | 'C' | 'L' | 'ST' | 'serialNumber';

/** One attribute a relative name, in the order in which they are encoded. */
export type DistinguishedName = readonly { readonly type: NameAttribute; readonly value: string }[];
