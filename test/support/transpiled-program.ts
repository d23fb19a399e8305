import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Writes a TypeScript program and all that it imports from this project as JavaScript below `folder`, so that a test
 * can run it in a process of its own without a build. Returns the path of the program to give to node.
 */
export function transpileProgram(entry: string, folder: string): string {
  const written = new Set<string>();
  const write = (source: string): string => {
    const target = join(folder, relative(root, source)).replace(/\.ts$/, '.js');
    if (written.has(source)) return target;
    written.add(source);
    const text = readFileSync(source, 'utf8');
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, transpile(text));
    for (const { fileName } of ts.preProcessFile(text).importedFiles)
      if (fileName.startsWith('.')) write(resolve(dirname(source), fileName));
    return target;
  };
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return write(resolve(root, entry));
}

function transpile(text: string): string {
  return ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  }).outputText;
}
