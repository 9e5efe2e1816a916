/** A fault that is explained to the user without a stack: what happened, to which thing, and what to do now. */
export class Failure extends Error {
  /**
   * @param {string} what what happened and to which thing, one sentence
   * @param {{ remedy?: string, output?: string }} [details] what to do now; output of the program that failed
   */
  constructor(what, { remedy, output } = {}) {
    super(what);
    this.name = 'Failure';
    this.remedy = remedy;
    this.output = output;
  }

  /** The text for the terminal. */
  toText() {
    return [this.message, this.output && indent(lastLines(this.output, 40)), this.remedy].filter(Boolean).join('\n');
  }
}

/** What the system says when it does not let us write, and what to do about it. */
const WRITE_REMEDIES = {
  EACCES: 'Make the folder writable for this user, or clone to one that is.',
  EPERM: 'Make the folder writable for this user, or clone to one that is.',
  EROFS: 'Clone to a file system that can be written.',
  ENOSPC: 'Free some disk space.',
};

/** An error's text for the terminal: a Failure's own, or the stack of what nobody expected. */
export function explain(error) {
  if (error instanceof Failure) return error.toText();
  const remedy = WRITE_REMEDIES[error?.code];
  if (remedy) return new Failure(`${error.message}.`, { remedy }).toText();
  return error?.stack ?? String(error);
}

/** The last `count` lines of a text, without blank lines at its end. */
export function lastLines(text, count) {
  const lines = text.trimEnd().split('\n');
  return (lines.length > count ? ['…', ...lines.slice(-count)] : lines).join('\n');
}

export function indent(text, by = '  ') {
  return text.replace(/^(?=.)/gm, by);
}
