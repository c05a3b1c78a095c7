import { EncodingError } from '../errors.js';
import { tlv } from './der-writer.js';

const digits = (date: Date): string => {
  const text = date.toISOString(); // throws RangeError on an invalid date
  if (text.length !== 24) throw new EncodingError('DER_MALFORMED', 'the year is outside 0000 to 9999');
  return text.slice(0, 19).replace(/[-:T]/g, '');
};

/** YYYYMMDDHHMMSSZ: no fraction (RFC 5280, section 4.1.2.5.2; RFC 6960, section 4.2.2.1). */
export const generalizedTime = (date: Date): Buffer => tlv(0x18, Buffer.from(`${digits(date)}Z`, 'latin1'));

/** RFC 5280, section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
export const time = (date: Date): Buffer => {
  const year = date.getUTCFullYear();
  if (year >= 2050 || year < 1950) return generalizedTime(date);
  return tlv(0x17, Buffer.from(`${digits(date).slice(2)}Z`, 'latin1'));
};

/** The content of a UTCTime (tag 0x17) or GeneralizedTime (0x18) as DER and RFC 5280 have it. */
export const parseTime = (tag: number, content: string): Date => {
  const text = tag === 0x17 ? `${Number(content.slice(0, 2)) >= 50 ? '19' : '20'}${content}` : content;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const date = parts && new Date(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}Z`);
  if (!date || Number.isNaN(date.getTime()) || digits(date) !== text.slice(0, 14)) {
    throw new EncodingError('DER_MALFORMED', 'not a time');
  }
  return date;
};

/** Whole seconds: what a certificate, CRL or answer can say. */
export const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);
