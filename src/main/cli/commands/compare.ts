import { existsSync } from 'node:fs';
import * as z from 'zod';
import type { AssetComparison, Comparison } from '../../../contract/index.ts';
import { transformSchema } from '../../../contract/index.ts';
import { defineCommand, UsageError, wholeNumber } from '../command.ts';
import { formatBytes, printable } from '../format.ts';

export const compareCommand = defineCommand({
  name: 'compare',
  usage: ['compare <a> <b> [--heatmap OUT.png] [--transform T]', 'compare --asset ID <file>'],
  summary: 'Measure how much two images differ, or a file from an asset and all its renditions.',
  options: {
    asset: { type: 'string', value: 'ID', help: 'compare the file with the original and the renditions of this asset' },
    heatmap: { type: 'string', value: 'OUT.png', help: 'write the difference as an image; replaces nothing but a heat map made before' },
    transform: { type: 'string', value: 'T', help: `what was done to a to get b, undone first: ${transformSchema.options.join(', ')}` },
  },
  arguments: z.union([z.tuple([z.string().min(1)]), z.tuple([z.string().min(1), z.string().min(1)])]),
  values: z.strictObject({
    asset: wholeNumber(1).optional(),
    heatmap: z.string().min(1, 'must not be empty').optional(),
    transform: z.enum(transformSchema.options, { error: `must be one of ${transformSchema.options.join(', ')}` }).default('identity'),
  }),
  async run({ output, connect, resolvePath }, [a, b], { asset, heatmap, transform }) {
    if ((asset === undefined) !== (b !== undefined)) throw new UsageError(asset === undefined ? 'compare needs two images, or --asset ID and a file' : 'compare takes one file with --asset');
    if (asset !== undefined && heatmap !== undefined) throw new UsageError('--heatmap needs two images, not --asset');
    const side = (text: string): { assetId: number } | { path: string } => {
      const path = resolvePath(text);
      // A number is an asset's, unless there is a file of that name.
      return /^[1-9]\d{0,15}$/.test(text) && !existsSync(path) ? { assetId: Number(text) } : { path };
    };
    const { client } = await connect({ work: false });
    if (asset !== undefined) {
      const found = await client.compare.withAsset({ assetId: asset, path: resolvePath(a) });
      await (output.isJson ? output.json(found) : output.text(describeAsset(found)));
      return Object.values(found.comparisons).some((one) => 'error' in one) ? 3 : 0;
    }
    const out = heatmap === undefined ? {} : { heatmap: resolvePath(heatmap) };
    const found = await client.compare.pair({ a: side(a), b: side(b ?? ''), transform, ...out });
    await (output.isJson ? output.json(found) : output.text(describePair(found)));
    if (out.heatmap !== undefined) output.note(printable(`The difference is in ${out.heatmap}.`));
    return 0;
  },
});

const PSNR_WORDS: Readonly<Record<Comparison['psnrBand'], string>> = { identical: 'identical', excellent: 'excellent', good: 'good', lower: 'lower' };
const HASH_WORDS: Readonly<Record<Comparison['hashBand'], string>> = { 'same-fingerprint': 'same fingerprint', 'very-similar': 'very similar', similar: 'similar', different: 'different' };

function describePair(comparison: Comparison): string {
  return [`A  ${describeSide(comparison.a)}`, `B  ${describeSide(comparison.b)}`, '', ...measures(comparison)].join('\n');
}

function describeAsset({ assetId, comparisons }: AssetComparison): string {
  return Object.entries(comparisons).map(([name, one]) => [
    `Asset ${assetId}, ${name}`,
    ...('error' in one ? [`  ${one.error.code}: ${one.error.message}`] : [`  ${describeSide(one.a)}`, ...measures(one).map((line) => `  ${line}`)]),
  ].join('\n')).join('\n\n');
}

function describeSide({ path, format, width, height, bytes, isDamaged }: Comparison['a']): string {
  return `${path}  ${format}, ${width}×${height} px, ${formatBytes(bytes)}${isDamaged ? ', damaged: only a part can be read' : ''}`;
}

function measures(found: Comparison): string[] {
  const { identicalBytes, identicalPixels, psnrDb, psnrBand, ssim, pdqDistance, phashDistance, hashBand, sizeRatio, alignment, comparedWidth, comparedHeight } = found;
  const sameness = identicalBytes ? 'identical' : identicalPixels ? 'different, with identical pixels' : 'different';
  const how = { 'same-size': '', 'resized': `at ${comparedWidth}×${comparedHeight} px: the larger was reduced to the smaller`, 'cropped': `at ${comparedWidth}×${comparedHeight} px: the proportions differ, only the middle they share was compared`, 'placed': `at ${comparedWidth}×${comparedHeight} px: one is cut from the other or framed, only what both show was compared` }[alignment];
  return [
    `Bytes  ${sameness}`,
    `PSNR   ${psnrDb === null ? 'no difference' : `${psnrDb.toFixed(2)} dB`} (${PSNR_WORDS[psnrBand]})`,
    `SSIM   ${ssim.toFixed(4)}`,
    `pHash  ${phashDistance} of 64 bits differ (${HASH_WORDS[hashBand]})`,
    `PDQ    ${pdqDistance} of 256 bits differ`,
    `Size   B has ${(100 * sizeRatio).toFixed(1)} % of the bytes of A`,
    ...(how === '' ? [] : [`Measured ${how}`]),
  ];
}
