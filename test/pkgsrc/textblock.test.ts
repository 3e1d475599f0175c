import { expect, it } from 'vitest';
import { TextBlock } from '../../src/pkgsrc/textblock.ts';

it('a block gives the same bytes packed and unpacked, and lets its buffer go', () => {
  const buffer = Buffer.from('first second third');
  const block = new TextBlock(buffer);
  expect(block.slice(6, 12).toString()).toBe('second');
  block.pack(12);
  buffer.fill(0);
  const view = block.slice(6, 12);
  const other = new TextBlock(Buffer.from('other'));
  other.pack(5);
  expect(other.slice(0, 5).toString()).toBe('other');
  expect(view.toString()).toBe('second');
  expect(block.slice(0, 5).toString()).toBe('first');
});

it('an empty block can be packed', () => {
  const block = new TextBlock(Buffer.alloc(0));
  block.pack(0);
  expect(block.slice(0, 0)).toHaveLength(0);
});
