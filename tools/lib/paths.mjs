import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** A path inside the checkout. */
export const inRoot = (...parts) => path.join(root, ...parts);

/** Everything that the tools write into the checkout, apart from build outputs; ignored by git. */
export const dataFolder = inRoot('.data');
