import { describe, expect, test } from 'vitest';
import { decode } from '../src/main/engine/pixels/decode/decode.ts';
import { freePixels } from '../src/main/engine/pixels/free-pixels.ts';
import { readHeader } from '../src/main/engine/pixels/header/header.ts';
import { paintPhoto, toSharp } from './fixtures/images.ts';

describe('giving back the memory of pixels', () => {
  test('empties what a decoder made, of a small picture too', async () => {
    const bytes = await toSharp(paintPhoto(320, 240, 1)).jpeg().toBuffer();
    const { data } = await decode(bytes, 'jpeg', readHeader(bytes, 'jpeg'), { isTolerant: false });
    expect(data.length).toBe(320 * 240 * 3);
    freePixels(data);
    expect(data.length).toBe(0);
  });

  test('leaves alone what shares its memory with others', () => {
    const shared = new Uint8Array(200_000).fill(1);
    freePixels(shared.subarray(0, 100_000));
    freePixels(Buffer.from('a little text'));
    expect(shared[0]).toBe(1);
  });
});
