import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { requireDotnet } from './dotnet.mjs';
import { Failure } from './failure.mjs';
import { fingerprint } from './fingerprint.mjs';
import { takeLock } from './lock.mjs';
import { packagesAreComplete } from './packages.mjs';
import { dataFolder, inRoot, root } from './paths.mjs';
import { until } from './processes.mjs';
import { runOrFail } from './run.mjs';

/** Where the built sample is, and the servers of the tests of every type and of every way to connect. */
export const boardProgram = inRoot('samples', 'Board', 'server', 'bin', 'Release', 'net10.0', 'Board.dll');
export const valuesProgram = inRoot('tests', 'acceptance', 'server', 'bin', 'Release', 'net10.0', 'ValuesServer.dll');
export const gateProgram = inRoot('tests', 'gate', 'server', 'bin', 'Release', 'net10.0', 'GateServer.dll');
export const boardWeb = inRoot('samples', 'Board', 'web', 'dist');

const DOTNET_INPUTS = ['Directory.Build.props', 'Directory.Packages.props', '.editorconfig', 'global.json', 'server'];
const CLIENT_INPUTS = ['package-lock.json', 'client-ts'];

/**
 * What has to be there before a tool can work. A step is left out when its outputs are those of an earlier run with the same inputs.
 * Steps of different `lane`s run side by side.
 */
const STEPS = {
  packages: {
    label: 'Installing npm packages', lane: 'npm', after: [], isDone: packagesAreComplete,
    command: ['npm', 'ci', '--no-audit', '--no-fund'],
  },
  client: {
    label: 'Building the client', lane: 'npm', after: ['packages'], inputs: CLIENT_INPUTS, output: inRoot('client-ts', 'dist', 'index.js'),
    command: ['npm', 'run', 'build', '--workspace', 'client-ts'],
  },
  web: {
    label: 'Building the web', lane: 'npm', after: ['client'], inputs: [...CLIENT_INPUTS, 'samples/Board/web'], output: path.join(boardWeb, 'index.html'),
    command: ['npm', 'run', 'build', '--workspace', 'samples/Board/web'],
  },
  board: {
    label: 'Building the server', lane: 'dotnet', after: [], check: requireDotnet, inputs: [...DOTNET_INPUTS, 'samples/Board/server'], output: boardProgram,
    command: ['dotnet', 'build', 'samples/Board/server/Board.csproj', '-c', 'Release', '--nologo'],
  },
  values: {
    label: 'Building the values server', lane: 'dotnet', after: [], check: requireDotnet, inputs: [...DOTNET_INPUTS, 'tests/acceptance/server'], output: valuesProgram,
    command: ['dotnet', 'build', 'tests/acceptance/server/ValuesServer.csproj', '-c', 'Release', '--nologo'],
  },
  gate: {
    label: 'Building the gate', lane: 'dotnet', after: [], check: requireDotnet, inputs: [...DOTNET_INPUTS, 'tests/gate/server'], output: gateProgram,
    command: ['dotnet', 'build', 'tests/gate/server/GateServer.csproj', '-c', 'Release', '--nologo'],
  },
  solution: {
    label: 'Building all .NET projects', lane: 'dotnet', after: [], check: requireDotnet,
    command: ['dotnet', 'build', 'LiveHub.sln', '-c', 'Release', '--nologo'],
  },
};

/** Every step's name. */
export const setUpSteps = Object.keys(STEPS);

/**
 * Does the named steps and what they need. Two tools in one checkout wait for each other.
 * @param {string[]} names of `setUpSteps`
 * @param {{ progress: import('./progress.mjs').Progress, shutdown: import('./shutdown.mjs').Shutdown }} tool
 */
export async function setUp(names, tool) {
  const outcome = await trySetUp(names, tool);
  for (const error of outcome.values()) throw error;
}

/**
 * Like `setUp`, but goes on with what does not depend on a step that failed.
 * @returns {Promise<Map<string, Error>>} the steps that failed, or that need one that did, and why
 */
export async function trySetUp(names, tool) {
  const wanted = new Set();
  const want = (name) => {
    for (const before of STEPS[name].after) want(before);
    wanted.add(name);
  };
  names.forEach(want);

  const release = await waitForTurn(tool);
  const failed = new Map();
  try {
    const lanes = groupByLane(wanted);
    await Promise.all([...lanes.values()].map((lane) => runLane(lane, failed, tool)));
  } finally {
    release();
  }
  return failed;
}

async function runLane(lane, failed, tool) {
  for (const name of lane) {
    const blocker = STEPS[name].after.find((before) => failed.has(before));
    try {
      if (blocker) throw failed.get(blocker);
      await runStep(name, STEPS[name], tool);
    } catch (error) {
      failed.set(name, error);
    }
  }
}

function groupByLane(names) {
  const lanes = new Map();
  for (const name of names) {
    const { lane } = STEPS[name];
    lanes.set(lane, [...(lanes.get(lane) ?? []), name]);
  }
  return lanes;
}

async function runStep(name, { label, check, inputs, isDone, output, command }, { progress, shutdown }) {
  await check?.(shutdown);
  const made = inputs && fingerprint(inputs);
  if (isDone?.() || (made && readStamp(name) === stampOf(made, output))) return;
  await progress.step(label, (note) => runOrFail(command[0], command.slice(1), { cwd: root, shutdown, note }));
  if (output && !existsSync(output)) throw new Failure(`${command.join(' ')} ended well but did not make ${output}.`);
  if (made) writeStamp(name, stampOf(made, output));
}

/** The inputs' hash, and the output's time, so that a build by hand in between is noticed. */
function stampOf(made, output) {
  const stat = statSync(output, { throwIfNoEntry: false });
  return stat && `${made} ${stat.mtimeMs} ${stat.size}`;
}

const stampFile = (name) => path.join(dataFolder, 'setup', name);

function readStamp(name) {
  const file = stampFile(name);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function writeStamp(name, stamp) {
  mkdirSync(path.dirname(stampFile(name)), { recursive: true });
  writeFileSync(stampFile(name), stamp);
}

/** Two builds at once in one checkout would destroy each other's outputs. */
async function waitForTurn({ progress, shutdown }) {
  const file = path.join(dataFolder, 'setup.lock');
  let lock = takeLock(file);
  if (lock.held) {
    const label = `Waiting for process ${lock.holder.pid}, which builds in this checkout`;
    await progress.step(label, () => until(() => {
      if (shutdown.begun) throw new Failure('Stopped before the end.');
      lock = takeLock(file);
      return !lock.held;
    }, Infinity, 200));
  }
  const forget = shutdown.add(lock.release);
  return () => {
    lock.release();
    forget();
  };
}
