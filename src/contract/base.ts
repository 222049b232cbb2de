import { oc } from '@orpc/contract';
import * as z from 'zod';
import { contractErrors } from './errors.ts';

/** The root of every procedure: the closed set of errors is declared once, here. */
export const procedure = oc.errors(contractErrors);

/** Row ids are SQLite integers: positive, never reused. */
export const idSchema = z.int().positive();
export const countSchema = z.int().nonnegative();
/** ISO 8601 in UTC, e.g. `2026-05-01T09:30:00.000Z`. */
export const timestampSchema = z.iso.datetime();
/** Lower-case hexadecimal SHA-256. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
