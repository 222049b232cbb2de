import { parseCLI, startVitest, type CliOptions, type Reporter, type TestModule, type Vitest } from 'vitest/node';

/** Something a test left running can hold the workers' pipes open for ever; the results are known by then. */
const CLOSE_LIMIT_MS = 20_000;

/**
 * Runs the tests; arguments are vitest's own (files, -t name …). The last line printed is always
 * `N passed, N failed` or `N passed, N failed, N skipped`, and nothing run at all counts as failure.
 */
const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const run = await finished(filter, options);
const { passed, failed, skipped } = count(run);
const skippedFiles = wholeFilesSkipped(run.state.getTestModules());

for (const file of skippedFiles) process.stdout.write(`SKIPPED ${file}: what it needs is not on this machine.\n`);
if (passed + failed === 0) process.stdout.write('No test ran.\n');
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

/** Resolves when all tests have run and vitest has closed, or will not close. */
function finished(filters: string[], cliOptions: CliOptions): Promise<Vitest> {
  return new Promise((resolve, reject) => {
    let vitest: Vitest | undefined;
    const deadline: Reporter = {
      onInit: (started) => { vitest = started; },
      onTestRunEnd: () => {
        setTimeout(() => {
          process.stdout.write('A test left something running: vitest cannot close.\n');
          if (vitest !== undefined) resolve(vitest);
        }, CLOSE_LIMIT_MS).unref();
      },
    };
    const reporters = [cliOptions.reporters ?? 'default'].flat();
    startVitest(filters, { ...cliOptions, watch: false, reporters: [...reporters, deadline] })
      .then(async (started) => {
        await started.close();
        resolve(started);
      })
      .catch(reject);
  });
}

interface Totals { passed: number; failed: number; skipped: number }

/** A file that could not be loaded and an error outside any test are failures too, though no test carries them. */
function count(run: Vitest): Totals {
  const sum: Totals = { passed: 0, failed: run.state.getUnhandledErrors().length, skipped: 0 };
  for (const module of run.state.getTestModules()) {
    const before = sum.failed;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') sum.passed += 1;
      else if (state === 'failed') sum.failed += 1;
      // Pending at the end: the run was cut short before it. It did not pass, so it is not left out.
      else if (state === 'pending') sum.failed += 1;
      else sum.skipped += 1;
    }
    if (module.state() === 'failed' && sum.failed === before) sum.failed += 1;
  }
  return sum;
}

function wholeFilesSkipped(modules: readonly TestModule[]): string[] {
  return modules
    .filter((module) => {
      const tests = [...module.children.allTests()];
      return tests.length > 0 && tests.every((test) => test.result().state === 'skipped');
    })
    .map((module) => module.relativeModuleId);
}
