import { spawn } from 'node:child_process';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { inRoot } from '../../../tools/lib/paths.mjs';

/**
 * An npm registry on 127.0.0.1: it has a packed package, and of all others what package-lock.json and node_modules of the checkout have. So `npm install` brings
 * what this checkout was tested with, and needs no network.
 * @param {{ manifest: object, tarball: string }} packed the package, by its package.json and its file
 * @param {import('../../../tools/lib/shutdown.mjs').Shutdown} shutdown stops it
 * @returns {Promise<string>} its address
 */
export async function startRegistry(packed, shutdown) {
  const locked = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages;
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://registry');
    const [kind, name] = pathname.startsWith('/-/file/') ? ['file', pathname.slice('/-/file/'.length)] : ['about', pathname.slice(1)];
    serve(kind, decodeURIComponent(name), response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  shutdown.add(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  return url;

  function serve(kind, name, response) {
    const manifest = name === packed.manifest.name ? packed.manifest : manifestOf(name);
    if (!manifest) {
      response.writeHead(404).end();
    } else if (kind === 'about') {
      const dist = { tarball: `${url}/-/file/${encodeURIComponent(name)}` };
      response.end(JSON.stringify({ name, 'dist-tags': { latest: manifest.version }, versions: { [manifest.version]: { ...manifest, name, dist } } }));
    } else if (manifest === packed.manifest) {
      createReadStream(packed.tarball).pipe(response);
    } else {
      const folder = inRoot('node_modules', name);
      const tar = spawn('tar', ['-cf', '-', '--exclude', 'node_modules', '-C', path.dirname(folder), path.basename(folder)], { stdio: ['ignore', 'pipe', 'inherit'] });
      tar.stdout.pipe(response);
    }
  }

  /** Of a package for another platform there is no more than its line in the lock. */
  function manifestOf(name) {
    const file = inRoot('node_modules', name, 'package.json');
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : locked[`node_modules/${name}`];
  }
}
