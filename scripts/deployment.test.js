import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inRoot, ROOT } from './setup/project.js';

const dockerfile = readFileSync(inRoot('deploy', 'Dockerfile'), 'utf8');
const { workspaces } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
const folders = workspaces
  .flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: ROOT }))
  .map((manifest) => dirname(manifest));

describe('deploy/Dockerfile', () => {
  it.each(folders)('[B12] knows the workspace %s, without which npm installs other packages', (folder) => {
    expect(dockerfile).toContain(`COPY ${folder}/package.json ${folder}/\n`);
  });

  it('[B12] copies every workspace that the server imports', () => {
    const { dependencies } = JSON.parse(readFileSync(inRoot('packages', 'server', 'package.json'), 'utf8'));
    const image = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
    for (const name of Object.keys(dependencies).filter((dependency) => dependency.startsWith('@darkroom/'))) {
      const folder = name.replace('@darkroom/', 'packages/');
      expect(existsSync(inRoot(folder))).toBe(true);
      expect(image).toContain(`COPY ${folder} ${folder}\n`);
    }
  });
});
