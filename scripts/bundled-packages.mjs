// Which packages a bundle contains, and what their licences ask to be passed on with it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = /^((?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+))\//;

/** The packages that the bundle's input files (relative to the root, with slashes) belong to, by name and version. */
export function bundledPackages(root, inputs) {
  const folders = new Set(inputs.flatMap((input) => PACKAGE.exec(input)?.[1] ?? []));
  return [...folders]
    .map((folder) => readPackage(join(root, folder)))
    .sort((one, other) => (`${one.name}@${one.version}` < `${other.name}@${other.version}` ? -1 : 1));
}

/** The file that redistribution needs: every package with its licence's own text. Throws where a package has none. */
export function licenceTexts(packages) {
  const parts = packages.map(({ name, version, licence, texts }) => {
    if (texts.length === 0) throw new Error(`${name}@${version} has no licence text to pass on`);
    return `${name} ${version} (${licence})\n\n${texts.join('\n\n')}`;
  });
  const head = "The files of this folder contain the following packages, under their authors' licences.";
  return `${[head, ...parts].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** The same list for programs that look for known weaknesses: CycloneDX 1.5. */
export function softwareBillOfMaterials(root, packages) {
  const { name, version } = readPackage(root);
  const component = (type, part) => ({
    type,
    name: part.name,
    version: part.version,
    purl: `pkg:npm/${part.name.replace('@', '%40')}@${part.version}`,
  });
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: component('application', { name, version }) },
    components: packages.map((part) => ({
      ...component('library', part),
      licenses: [{ expression: part.licence }],
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function readPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { name, version, licence: license, texts };
}
