/** The features of the engine that may use another feature; everything not listed here is forbidden. */
const ALLOWED_EDGES = {
  // An ingest fills a batch, and makes an image's renditions, fingerprints and pixels' hash in one go.
  ingest: ['renditions', 'similarity', 'assets', 'settings', 'batches', 'acquire'],
  // What is fetched is an item of a batch, and becomes an original.
  acquire: ['renditions', 'settings', 'batches'],
  assets: ['renditions'],
  // Pictures are compared by their renditions, their pixels' hash, and originals that are found again.
  similarity: ['renditions', 'assets'],
  compare: ['similarity', 'renditions', 'assets'],
  // What may go is decided by groups; what stays inherits metadata.
  cleanup: ['similarity', 'assets', 'settings'],
  // The path picker shows what an import would take.
  workspace: ['ingest'],
};

/** Folders every feature may use, each with what it may use itself. */
const FOUNDATION = {
  catalog: [],
  tasks: [],
  jobs: ['catalog', 'tasks'],
  // One decode feeds the fingerprints too; their arithmetic lives with similarity.
  pixels: ['similarity'],
};

const engine = '^src/main/engine/';
const foundation = Object.keys(FOUNDATION).join('|');
/** Files directly in src/main/engine: shared vocabulary that every folder may import. */
const WIRING = `${engine}(engine|engine-process|main|worker)\\.ts$`;

const foundationRules = Object.entries(FOUNDATION).map(([folder, allowed]) => ({
  name: `engine-${folder}`,
  comment: `${folder} is below the features: it may use ${['the contract', ...allowed].join(', ')} and nothing above.`,
  severity: 'error',
  from: { path: `${engine}${folder}/` },
  to: { path: `${engine}[^/]+/`, pathNot: [folder, ...allowed].map((name) => `${engine}${name}/`) },
}));

const featureRules = Object.entries(ALLOWED_EDGES).map(([feature, allowed]) => ({
  name: `engine-feature-${feature}`,
  comment: `${feature} may use only: ${allowed.join(', ')} (ALLOWED_EDGES in .dependency-cruiser.mjs).`,
  severity: 'error',
  from: { path: `${engine}${feature}/` },
  to: { path: `${engine}[^/]+/`, pathNot: [`${engine}(${[foundation, feature, ...allowed].join('|')})/`] },
}));

export default {
  forbidden: [
    ...foundationRules,
    ...featureRules,
    {
      name: 'engine-feature-other',
      comment: 'A feature imports another feature only by an edge of ALLOWED_EDGES in .dependency-cruiser.mjs.',
      severity: 'error',
      from: { path: `${engine}([^/]+)/`, pathNot: `${engine}(${[foundation, ...Object.keys(ALLOWED_EDGES)].join('|')})/` },
      to: { path: `${engine}[^/]+/`, pathNot: [`${engine}$1/`, `${engine}(${foundation})/`] },
    },
    {
      name: 'engine-wiring-is-the-top',
      comment: 'engine.ts wires the features and engine-process.ts serves them: nothing inside the engine imports either.',
      severity: 'error',
      from: { path: engine, pathNot: `${engine}(main|engine-process)\\.ts$` },
      to: { path: WIRING },
    },
    {
      name: 'engine-is-plain-node',
      comment: 'The engine knows no host, no window and no Electron.',
      severity: 'error',
      from: { path: engine },
      to: { path: '^(src/main/(host|server|cli|desktop)/|src/renderer/|src/preload/|node_modules/electron/)' },
    },
    {
      name: 'contract-stands-alone',
      comment: 'The contract is imported by everyone and imports nothing of ours.',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { path: '^(src|scripts|bench|test)/', pathNot: '^src/contract/' },
    },
    {
      name: 'renderer-knows-only-the-contract',
      comment: 'The window talks to the engine through the contract.',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { path: '^(src|scripts|bench|test)/', pathNot: '^src/(renderer|contract)/' },
    },
    {
      name: 'renderer-has-no-node',
      comment: 'The window runs in a sandbox: no Node built-ins.',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'hosts-do-not-reach-into-the-engine',
      comment: 'Hosts start the engine and speak the contract; they import none of its code.',
      severity: 'error',
      from: { path: '^src/main/(host|server|cli|desktop)/' },
      to: { path: '^src/(main/engine|renderer|preload)/' },
    },
    {
      name: 'host-is-shared',
      comment: 'What all hosts share imports none of them.',
      severity: 'error',
      from: { path: '^src/main/host/' },
      to: { path: '^src/main/(server|cli|desktop)/' },
    },
    {
      name: 'server-does-not-know-the-others',
      severity: 'error',
      from: { path: '^src/main/server/' },
      to: { path: '^src/main/(cli|desktop)/' },
    },
    {
      name: 'desktop-does-not-know-the-others',
      severity: 'error',
      from: { path: '^src/main/desktop/' },
      to: { path: '^src/main/(cli|server)/' },
    },
    {
      name: 'electron-only-in-desktop-and-preload',
      severity: 'error',
      from: { path: '^(src|bench|scripts)/', pathNot: '^src/(main/desktop|preload)/' },
      to: { path: '(^|/)node_modules/electron/|^electron$' },
    },
    {
      name: 'preload-is-alone',
      severity: 'error',
      from: { path: '^src/preload/' },
      to: { path: '^(src|scripts|bench|test)/', pathNot: '^src/(preload|contract)/' },
    },
    {
      name: 'source-does-not-use-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-development-packages',
      comment: 'What runs in the engine and the hosts must be a production dependency; the window is bundled.',
      severity: 'error',
      from: { path: '^src/main/', pathNot: '^src/main/desktop/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '@types/' },
    },
    { name: 'no-cycles', comment: 'Types may refer to each other; code may not.', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^(src|scripts)/', pathNot: ['\\.d\\.ts$', '^scripts/[^/]+\\.ts$'] },
      to: {},
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: ['\\?(url|raw|modulePath)$'] } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^(out|dist)/', '^src/main/engine/similarity/assembly/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.css'] },
  },
};
