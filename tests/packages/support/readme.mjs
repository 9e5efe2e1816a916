import { readFileSync } from 'node:fs';
import { inRoot } from '../../../tools/lib/paths.mjs';

/**
 * What a section of the README tells to do, in its order: the files that it shows (the name is beside the language, where only machines see it, and in the
 * sentence above) and the lines that it has typed in a shell.
 * @param {string} heading
 * @returns {({ file: string, content: string } | { line: string })[]}
 */
export function stepsOf(heading) {
  const readme = readFileSync(inRoot('README.md'), 'utf8');
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0];
  if (section === undefined) throw new Error(`The README has no section ${heading}.`);
  const blocks = [...section.matchAll(/^(.*)\n\n```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)];
  if (blocks.length * 2 !== section.match(/^```/gm).length) throw new Error(`A block of ${heading} has no sentence above it.`);
  return blocks.flatMap(([, sentence, language, file, content]) => {
    if (language === 'sh') return content.trim().split('\n').map((line) => ({ line }));
    if (!file || !sentence.startsWith(`\`${file}\``)) throw new Error(`The block below "${sentence}" is neither shell nor a file that the sentence names.`);
    return [{ file, content }];
  });
}
