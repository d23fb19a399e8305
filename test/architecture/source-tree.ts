import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const sourceRoot = fileURLToPath(new URL('../../src/', import.meta.url));

export interface ImportArrow {
  /** What is imported: a path below src/, or a package's name (`node:` modules as they stand). */
  readonly target: string;
  readonly internal: boolean;
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface SourceFile {
  /** Path below src/, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  readonly imports: readonly ImportArrow[];
}

/** Every TypeScript file below src/ with its imports: static, type, re-export, dynamic and `import()` types. */
export function readSourceTree(): readonly SourceFile[] {
  return readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.split(sep).join('/'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(sourceRoot, path), 'utf8');
      const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
      return { path, text, ast, imports: importsOf(path, ast) };
    });
}

/** The room of a file: its first folder, or the first two below http/. Files directly in src/ are the room `index`. */
export function roomOf(path: string): string {
  const parts = path.split('/');
  if (parts.length === 1) return 'index';
  return parts[0] === 'http' ? `http/${parts[1]}` : (parts[0] ?? '');
}

/** Calls `visit` for the node and everything below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function importsOf(path: string, ast: ts.SourceFile): readonly ImportArrow[] {
  const found: ImportArrow[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const line = ast.getLineAndCharacterOfPosition(specifier.getStart()).line + 1;
    found.push({ ...resolveSpecifier(path, specifier.text), typeOnly, line });
  };
  walk(ast, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyImport(node));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
  });
  return found;
}

function isTypeOnlyImport(node: ts.ImportDeclaration): boolean {
  const clause = node.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function resolveSpecifier(from: string, specifier: string): Pick<ImportArrow, 'target' | 'internal'> {
  if (specifier.startsWith('.')) {
    const absolute = resolve(sourceRoot, dirname(from), specifier);
    return { target: relative(sourceRoot, absolute).split(sep).join('/'), internal: true };
  }
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
  return { target: specifier.startsWith('node:') ? specifier : name, internal: false };
}
