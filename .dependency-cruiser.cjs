// The import table of docs/architecture.md, as rules: `npm run lint` fails where an import breaks it.

/** Files under `from` may import files under `to` and nothing else of the project. */
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(assembly|src|test|bench|examples|dist)/', pathNot: to },
});

/** Files under `from` may not import files under `to`. */
const never = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to: { path: to } });

module.exports = {
  forbidden: [
    only('assembly/lib imports nothing beyond itself', '^assembly/lib/', '^assembly/lib/'),
    only('assembly/gemm imports lib', '^assembly/gemm/', '^assembly/(lib|gemm)/'),
    only('assembly/kernels import lib and gemm', '^assembly/kernels/', '^assembly/(lib|gemm)/'),
    only('check and shape import check', '^src/(check|shape|dtype)\\.ts$', '^src/(check|dtype)\\.ts$'),
    only('geometry imports check and shape', '^src/geometry/', '^src/geometry/|^src/(check|shape|dtype)\\.ts$'),
    only('core imports check, dtype and the built wasm', '^src/core/', '^src/(core|wasm)/|^src/(check|dtype)\\.ts$'),
    only('tensor imports core', '^src/(tensor|parameter|random|check-tensor|call-site|arguments|operation)\\.ts$', '^src/core/|^src/[a-z-]+\\.ts$'),
    only('operations import tensor, core and geometry', '^src/operations/', '^src/(operations|geometry|core)/|^src/[a-z-]+\\.ts$'),
    only(
      'graph imports the interface of layers, operations and below',
      '^src/graph/',
      '^src/(graph|operations|geometry|core)/|^src/layers/(layer|keeping-state)\\.ts$|^src/[a-z-]+\\.ts$',
    ),

    never('layers, losses, optim do not import graph', '^src/(layers|losses|optim|kernels|operations)/', '^src/graph/'),
    never('layers do not import losses or optim', '^src/layers/', '^src/(losses|optim|kernels)/'),
    never('losses do not import layers or optim', '^src/losses/', '^src/(layers|optim|kernels)/'),
    never('optim does not import layers or losses', '^src/optim/', '^src/(layers|losses|kernels)/'),
    only('an oracle imports nothing of the project', '^test/reference/', '^test/reference/'),
    only('bench imports the built package and its baselines', '^bench/', '^(bench|dist)/'),
    only('examples import the built package', '^examples/', '^(examples|dist)/'),
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    {
      name: 'everything resolves',
      severity: 'error',
      // What the adapters of bench/peers load is installed by `npm run bench:peers` alone.
      from: { pathNot: '^bench/peers/adapters/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules|^src/wasm|^dist/' },
    exclude: { path: '^(build|dist|out)/|^bench/peers/node_modules/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'default'] },
  },
};
