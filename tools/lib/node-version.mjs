/** Ends the process with a clear text when Node is older than package.json's `engines` asks for. Free of newer syntax and imports on purpose. */
export function requireNode(minimumMajor = 20) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= minimumMajor) return;
  console.error(`LiveHub needs Node ${minimumMajor} or newer; this is Node ${process.versions.node} (${process.execPath}). Install a newer one: https://nodejs.org/`);
  process.exit(1);
}
