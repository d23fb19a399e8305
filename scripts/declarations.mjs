// Writes the package's types into dist/: the declarations that src/index.ts leads to, and no others. Types that the sources
// infer from schemas are written out, so that a consumer's compiler needs none of the bundled packages.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
const program = ts.createProgram([join(root, 'src', 'index.ts')], {
  ...options,
  noEmit: false,
  declaration: true,
  emitDeclarationOnly: true,
  rootDir: join(root, 'src'),
  outDir: dist,
});
const checker = program.getTypeChecker();

/** Without these the checker abbreviates long types, and names an alias by itself. */
const IN_FULL =
  ts.NodeBuilderFlags.NoTruncation |
  ts.NodeBuilderFlags.InTypeAlias |
  ts.NodeBuilderFlags.MultilineObjectLiterals;

/** `type T = z.infer<...>` becomes the type itself; the schemas, which only our own code has a use for, are left out. */
function writeOutInferredTypes({ factory }) {
  const rewritten = (statement) => {
    if (!mentionsZod(statement)) return [statement];
    if (!ts.isTypeAliasDeclaration(statement)) return [];
    const type = checker.getTypeAtLocation(ts.getOriginalNode(statement).name);
    const { modifiers, name, typeParameters } = statement;
    const node = checker.typeToTypeNode(type, undefined, IN_FULL);
    return [factory.updateTypeAliasDeclaration(statement, modifiers, name, typeParameters, node)];
  };
  return (file) => factory.updateSourceFile(file, file.statements.flatMap(rewritten));
}

/** True for the import of zod and for declarations with types of it, which name it `z`. */
function mentionsZod(node) {
  return ts.isIdentifier(node) ? node.text === 'z' : (ts.forEachChild(node, mentionsZod) ?? false);
}

/** The files that a declaration imports. Throws for a package, whose types a consumer would not have. */
function importedBy(path, text) {
  return ts.preProcessFile(text).importedFiles.flatMap(({ fileName }) => {
    if (fileName.startsWith('node:')) return [];
    if (!fileName.startsWith('.')) throw new Error(`${path} would show types of the package ${fileName}`);
    return [resolve(dirname(path), fileName.replace(/\.js$/, '.d.ts'))];
  });
}

const declarations = new Map();
program.emit(
  undefined,
  (path, text) => declarations.set(resolve(path), text.replace(/(from '\.[^']*)\.ts';/g, "$1.js';")),
  undefined,
  true,
  { afterDeclarations: [writeOutInferredTypes] },
);
const reached = new Set([join(dist, 'index.d.ts')]);
for (const path of reached) {
  const text = declarations.get(path);
  if (text === undefined) throw new Error(`there is no declaration ${path}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  for (const imported of importedBy(path, text)) reached.add(imported);
}
