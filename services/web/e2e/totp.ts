import { createHmac } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const step = 30_000;

/** An authenticator app. The server takes each code once, so that every call gives the code of another step. */
export class Authenticator {
  private readonly key: Buffer;
  private used = 0;

  constructor(secret: string) {
    this.key = decode(secret);
  }

  /** The next code that was not given out yet; the server accepts some steps of difference. */
  next(): string {
    const counter = Math.max(Math.floor(Date.now() / step), this.used + 1);
    this.used = counter;
    return code(this.key, counter);
  }
}

function code(key: Buffer, counter: number): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const digest = createHmac('sha1', key).update(message).digest();
  const offset = (digest.at(-1) ?? 0) & 0x0f;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function decode(text: string): Buffer {
  let bits = '';
  for (const letter of text.replace(/=+$/, '')) bits += alphabet.indexOf(letter).toString(2).padStart(5, '0');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => parseInt(byte, 2)));
}
