import { readFileSync } from 'node:fs';
import { Failure } from './failure.mjs';
import { inRoot, root } from './paths.mjs';
import { findProgram } from './processes.mjs';
import { run } from './run.mjs';

/** A Failure when there is no .NET SDK that global.json accepts. */
export async function requireDotnet(shutdown) {
  const wanted = JSON.parse(readFileSync(inRoot('global.json'), 'utf8')).sdk.version;
  const major = wanted.split('.')[0];
  const remedy = `Install the .NET SDK ${major}: https://dotnet.microsoft.com/download/dotnet/${major}.0`;
  if (!findProgram('dotnet')) throw new Failure('The program dotnet is not on PATH.', { remedy });
  const { code, output } = await run('dotnet', ['--version'], { cwd: root, shutdown });
  if (code !== 0) throw new Failure(`No .NET SDK here is at least ${wanted}, which global.json asks for.`, { output, remedy });
}
