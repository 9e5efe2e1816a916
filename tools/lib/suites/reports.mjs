import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * @typedef {{ name: string, passed: boolean, text?: string }} TestResult one test; `text` says why it did not pass. A test that was
 *   skipped did not pass.
 * @type {Record<string, (folder: string) => TestResult[]>} how the tests are read from what each kind of runner wrote into `folder`
 */
export const reportReaders = { trx: readTrx, vitest: readVitest, playwright: readPlaywright, node: readNode };

/** `dotnet test --logger trx`: a file a test project. */
function readTrx(folder) {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.trx')) : [];
  return files.flatMap((name) => parseTrx(readFileSync(path.join(folder, name), 'utf8')));
}

/** The results in a trx file, which is XML with one UnitTestResult a test. */
export function parseTrx(xml) {
  return [...xml.matchAll(/<UnitTestResult\b([^>]*?)(?:\/>|>(.*?)<\/UnitTestResult>)/gs)].map(([, attributes, body = '']) => {
    const outcome = attribute(attributes, 'outcome');
    const parts = ['Message', 'StackTrace'].map((tag) => new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(body)?.[1]);
    const text = parts.filter(Boolean).map(decode).join('\n');
    return testResult(attribute(attributes, 'testName'), outcome === 'Passed', text || outcome);
  });
}

const attribute = (text, name) => decode(new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? '');

const ENTITIES = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function decode(xml) {
  return xml.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
    hex ? String.fromCodePoint(Number.parseInt(hex, 16)) : decimal ? String.fromCodePoint(Number(decimal)) : (ENTITIES[name] ?? whole));
}

/** `vitest --reporter=json`. A file that could not be loaded has no tests, but a message. */
function readVitest(folder) {
  const report = readJson(path.join(folder, 'report.json'));
  return (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const tests = assertionResults.map((test) => testResult(test.fullName, test.status === 'passed', test.failureMessages?.join('\n') || test.status));
    const lost = status === 'failed' && tests.every((test) => test.passed);
    return lost ? [...tests, testResult(name, false, message)] : tests;
  });
}

/** Playwright's `--reporter=json`. A test that passed only on a second try did not pass. */
function readPlaywright(folder) {
  const report = readJson(path.join(folder, 'report.json'));
  if (!report) return [];
  const outside = report.errors.map((error) => testResult('outside of tests', false, error.stack ?? error.message));
  return [...report.suites.flatMap((suite) => playwrightTests(suite, [])), ...outside];
}

function playwrightTests(suite, titles) {
  const path = [...titles, suite.title];
  const own = (suite.specs ?? []).flatMap((spec) => spec.tests.map((test) => {
    const errors = test.results.flatMap((result) => [...result.errors.map((error) => error.stack ?? error.message), ...evidence(result)]);
    return testResult([...path, spec.title].join(' › '), test.status === 'expected', errors.join('\n') || test.status);
  }));
  return [...own, ...(suite.suites ?? []).flatMap((inner) => playwrightTests(inner, path))];
}

/** What a failed test attached as text: the files beside the report are gone when somebody reads of it. */
function evidence({ status, attachments = [] }) {
  const texts = status === 'passed' ? [] : attachments.filter(({ contentType, body }) => contentType === 'text/plain' && body);
  return texts.map(({ body }) => Buffer.from(body, 'base64').toString());
}

/** Our own reporter for `node --test`. */
function readNode(folder) {
  const file = path.join(folder, 'report.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

function testResult(name, passed, text) {
  return passed ? { name, passed } : { name, passed, text };
}

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
