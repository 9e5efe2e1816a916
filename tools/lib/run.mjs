import { Failure } from './failure.mjs';
import { findProgram, signalProcess, spawnTied, stopChild } from './processes.mjs';

/** At most this many characters of a program's output are kept. */
const OUTPUT_LIMIT = 400_000;

/**
 * Environment for programs that we start: .NET without build servers that outlive the build, and without npm's own
 * `npm_…` variables, which would configure an npm started from here.
 */
export function childEnvironment(extra = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  return {
    ...Object.fromEntries(inherited),
    DOTNET_NOLOGO: '1',
    DOTNET_CLI_TELEMETRY_OPTOUT: '1',
    DOTNET_GENERATE_ASPNET_CERTIFICATE: 'false',
    DOTNET_CLI_USE_MSBUILD_SERVER: '0',
    MSBUILDDISABLENODEREUSE: '1',
    UseSharedCompilation: 'false',
    ...extra,
  };
}

/**
 * Runs a program to its end and keeps its output. Ended with everything it started when the tool shuts down.
 * @param {string} command `npm` and `node` mean the ones that run us
 * @param {string[]} args
 * @param {{ cwd: string, shutdown: import('./shutdown.mjs').Shutdown, env?: Record<string, string>, note?: (line: string) => void, limitMs?: number }} options
 * @returns {Promise<{ code: number | null, signal: string | null, output: string, timedOut: boolean }>}
 */
export async function run(command, args, { cwd, shutdown, env = {}, note, limitMs }) {
  if (shutdown.begun) throw new Failure('Stopped before the end.');
  const [program, ...before] = resolveCommand(command);
  const child = spawnTied(program, [...before, ...args], { cwd, env: childEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const forget = shutdown.add(() => stopChild(child, { group: true, steps: [['SIGTERM', 3000]] }));
  let output = '';
  const take = (chunk) => {
    output = (output + chunk).slice(-OUTPUT_LIMIT);
    note?.(output.trimEnd().slice(-300).split('\n').at(-1).trim());
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  let timedOut = false;
  const timer = limitMs && setTimeout(() => {
    timedOut = true;
    void stopChild(child, { group: true, steps: [['SIGTERM', 3000]] });
  }, limitMs);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        const finish = () => resolve({ code, signal, output, timedOut });
        child.once('close', finish);
        // Whoever of the group lives on holds the pipes open; one outside of it may, but not for ever.
        signalProcess(-child.pid, 'SIGKILL');
        setTimeout(finish, 1000).unref();
      });
    });
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/** Like `run`, but anything else than exit code 0 is a Failure that shows the end of the output. */
export async function runOrFail(command, args, options) {
  const result = await run(command, args, options);
  if (result.code === 0) return result;
  const how = result.signal ? `was ended by ${result.signal}` : `ended with code ${result.code}`;
  throw new Failure(`${[command, ...args].join(' ')} ${how}.`, { output: result.output });
}

/** The program and leading arguments behind a command's name. A missing program is a Failure. */
function resolveCommand(command) {
  if (command === 'node') return [process.execPath];
  const npmScript = process.env.npm_execpath;
  if (command === 'npm' && npmScript?.endsWith('.js')) return [process.execPath, npmScript];
  const program = findProgram(command);
  if (!program) throw new Failure(`The program ${command} is not on PATH.`);
  return [program];
}
