import { Refusal } from '../core/index.ts';

const mostBytes = 32 * 1024;

/**
 * An uploaded image as a `data:` URL; undefined when the field was left empty. The type is read from the bytes: what
 * a browser says of a file proves nothing. SVG is not taken, it can hold more than an image.
 * @throws Refusal `request_invalid`
 */
export function logoImage(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return undefined;
  const type = imageType(bytes);
  if (type === undefined || bytes.length > mostBytes)
    throw new Refusal('request_invalid', { what: 'A logo is a PNG, JPEG or WebP image of at most 32 KB.' });
  return `data:image/${type};base64,${bytes.toString('base64')}`;
}

function imageType(bytes: Buffer): 'png' | 'jpeg' | 'webp' | undefined {
  if (bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'png';
  if (bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'))) return 'jpeg';
  const container = bytes.subarray(0, 4).toString('latin1') + bytes.subarray(8, 12).toString('latin1');
  return container === 'RIFFWEBP' ? 'webp' : undefined;
}
