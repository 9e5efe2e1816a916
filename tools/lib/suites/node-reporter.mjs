/** A reporter for `node --test`: one JSON line a test, for `reports.mjs` to count. Suites (`describe`) are no tests. */
export default async function* reporter(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite' && type === 'test:pass') continue;
    const left = data.skip !== undefined ? 'skipped' : data.todo !== undefined ? 'todo' : undefined;
    const error = data.details?.error;
    const text = left ?? (type === 'test:fail' ? (error?.cause?.stack ?? error?.stack ?? String(error)) : undefined);
    yield `${JSON.stringify({ name: data.name, passed: text === undefined, text })}\n`;
  }
}
